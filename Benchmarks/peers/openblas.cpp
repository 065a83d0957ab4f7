// Times cblas_sgemm of the OpenBLAS whose path is in OPENBLAS_LIBRARY.
#include "definitions.hpp"

#include <dlfcn.h>

using namespace worker;

namespace {

enum Order { rowMajor = 101 };
enum Transpose { asStored = 111, transposed = 112 };

using SGEMM = void (*)(int order, int transposeA, int transposeB, int m, int n, int k, float alpha, const float *a,
                       int aStride, const float *b, int bStride, float beta, float *c, int cStride);

/// SciPy's wheel prefixes the names.
template <typename Function> Function find(void *library, const std::string &name) {
    for (const char *prefix : {"scipy_", ""}) {
        if (void *symbol = dlsym(library, (prefix + name).c_str())) return reinterpret_cast<Function>(symbol);
    }
    throw std::runtime_error("the library lacks " + name);
}

Answer product(SGEMM sgemm, const std::string &core, const Product &p, size_t count, const Options &options) {
    struct Set {
        Floats a, b, c;
    };
    std::vector<Set> sets;
    for (size_t i = 0; i < count; ++i) {
        sets.push_back({integers(p.m * p.k, 1), integers(p.k * p.n, 2), integers(p.m * p.n, 3)});
    }
    const auto run = [&](size_t i) {
        sgemm(rowMajor, p.ta ? transposed : asStored, p.tb ? transposed : asStored, p.m, p.n, p.k, 1, sets[i].a.get(),
              p.ta ? p.m : p.k, sets[i].b.get(), p.tb ? p.k : p.n, 0, sets[i].c.get(), p.n);
    };
    Answer answer{"sgemm:" + core, measure(count, options, run), p.flops()};
    answer.verified = isProduct(p, sets[0].a.get(), sets[0].b.get(), sets[0].c.get());
    return answer;
}

}  // namespace

int main(int count, char **arguments) {
    const Options options(count, arguments);
    const char *path = std::getenv("OPENBLAS_LIBRARY");
    void *library = dlopen(path ? path : "libopenblas.so.0", RTLD_NOW);
    if (library == nullptr) {
        std::fprintf(stderr, "%s\n", dlerror());
        return 2;
    }
    find<void (*)(int)>(library, "openblas_set_num_threads")(options.threads);
    const std::string core = find<char *(*)()>(library, "openblas_get_corename")();
    const auto sgemm = find<SGEMM>(library, "cblas_sgemm");
    return serve("OpenBLAS", find<char *(*)()>(library, "openblas_get_config")(),
                 [&](const std::string &kernel, const std::string &pass, const Shape &shape,
                     size_t sets) -> std::optional<Answer> {
                     if (kernel != "gemm" || pass != "forward") return std::nullopt;
                     return product(sgemm, core, Product(shape), sets, options);
                 });
}
