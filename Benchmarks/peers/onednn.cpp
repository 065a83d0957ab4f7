// Times oneDNN through its own API: convolutions in the layouts that it prefers (no reorder is timed), matrix products
// on plain row-major matrices. OMP_NUM_THREADS says how many threads it has.
#include "definitions.hpp"

#include <oneapi/dnnl/dnnl.hpp>

#include <array>
#include <cstring>

using namespace worker;
using dnnl::memory;

namespace {

using Tag = memory::format_tag;

memory::desc any(const memory::dims &dims) { return {dims, memory::data_type::f32, Tag::any}; }

class OneDNN {
public:
    explicit OneDNN(const Options &options) : options(options), engine(dnnl::engine::kind::cpu, 0), stream(engine) {}

    std::optional<Answer> solve(const std::string &kernel, const std::string &pass, const Shape &shape, size_t sets) {
        this->sets = sets;
        if (kernel == "conv2d") return convolution(pass, Conv(shape));
        if (kernel == "gemm" && pass == "forward") return product(Product(shape));
        return std::nullopt;
    }

private:
    const Options options;
    size_t sets = 1;
    dnnl::engine engine;
    dnnl::stream stream;

    /// An operand: its argument index, layout, and the plain values that it starts with.
    struct Operand {
        int index;
        memory::desc layout;
        memory plain;
        bool isOutput = false;
    };

    memory plain(const memory::dims &dims, Tag tag, const Floats &values) {
        return {memory::desc(dims, memory::data_type::f32, tag), engine, values.get()};
    }

    void reorder(memory &from, memory &to) {
        dnnl::reorder(from, to).execute(stream, from, to);
        stream.wait();
    }

    /// Times a primitive on copies of its operands; leaves the result of the first set in the output's plain memory.
    Times time(const dnnl::primitive &primitive, std::vector<Operand> &operands) {
        std::vector<memory> memories;
        std::vector<std::vector<dnnl_exec_arg_t>> arguments(sets);
        for (size_t set = 0; set < sets; ++set) {
            for (Operand &operand : operands) {
                memories.emplace_back(operand.layout, engine);
                memory &own = memories.back();
                arguments[set].push_back({operand.index, own.get()});
                if (set > 0) {
                    const memory &first = memories[memories.size() - 1 - operands.size() * set];
                    std::memcpy(own.get_data_handle(), first.get_data_handle(), operand.layout.get_size());
                } else if (operand.isOutput) {
                    std::memset(own.get_data_handle(), 0xff, operand.layout.get_size());
                } else {
                    reorder(operand.plain, own);
                }
            }
        }
        // The C call: the C++ one builds a vector from a map at each execution.
        const auto run = [&](size_t set) {
            dnnl_primitive_execute(primitive.get(), stream.get(), static_cast<int>(arguments[set].size()),
                                   arguments[set].data());
        };
        const Times times = measure(sets, options, run, [&] { stream.wait(); });
        for (size_t i = 0; i < operands.size(); ++i) {
            if (operands[i].isOutput) reorder(memories[i], operands[i].plain);
        }
        return times;
    }

    Answer convolution(const std::string &pass, const Conv &c) {
        const bool grouped = c.g > 1;
        const memory::dims source{c.mb, c.ic, c.ih, c.iw}, result{c.mb, c.oc, c.oh, c.ow};
        const memory::dims weights =
            grouped ? memory::dims{c.g, c.oc / c.g, c.ic / c.g, c.kh, c.kw} : memory::dims{c.oc, c.ic, c.kh, c.kw};
        const memory::dims strides{c.sh, c.sw}, dilates{c.dh - 1, c.dw - 1}, padding{c.ph, c.pw};
        const auto algorithm = dnnl::algorithm::convolution_direct;
        const dnnl::convolution_forward::primitive_desc forward(
            engine, dnnl::prop_kind::forward_training, algorithm, any(source), any(weights), any(result), strides,
            dilates, padding, padding);

        const Floats x = integers(c.inputs(), 1), w = integers(c.weights(), 2), y = integers(c.outputs(), 3);
        const memory plainX = plain(source, Tag::nchw, x), plainY = plain(result, Tag::nchw, y);
        const memory plainW = plain(weights, grouped ? Tag::goihw : Tag::oihw, w);
        std::vector<Operand> operands;
        Answer answer;
        if (pass == "forward") {
            operands = {{DNNL_ARG_SRC, forward.src_desc(), plainX},
                        {DNNL_ARG_WEIGHTS, forward.weights_desc(), plainW},
                        {DNNL_ARG_DST, forward.dst_desc(), plainY, true}};
            answer = {forward.impl_info_str(), time(dnnl::convolution_forward(forward), operands)};
        } else if (pass == "backward-data") {
            const dnnl::convolution_backward_data::primitive_desc backward(
                engine, algorithm, any(source), any(weights), any(result), strides, dilates, padding, padding, forward);
            operands = {{DNNL_ARG_DIFF_DST, backward.diff_dst_desc(), plainY},
                        {DNNL_ARG_WEIGHTS, backward.weights_desc(), plainW},
                        {DNNL_ARG_DIFF_SRC, backward.diff_src_desc(), plainX, true}};
            answer = {backward.impl_info_str(), time(dnnl::convolution_backward_data(backward), operands)};
        } else {
            const dnnl::convolution_backward_weights::primitive_desc backward(
                engine, algorithm, any(source), any(weights), any(result), strides, dilates, padding, padding, forward);
            operands = {{DNNL_ARG_SRC, backward.src_desc(), plainX},
                        {DNNL_ARG_DIFF_DST, backward.diff_dst_desc(), plainY},
                        {DNNL_ARG_DIFF_WEIGHTS, backward.diff_weights_desc(), plainW, true}};
            answer = {backward.impl_info_str(), time(dnnl::convolution_backward_weights(backward), operands)};
        }
        answer.flops = c.flops();
        answer.verified = ConvData{c, x.get(), w.get(), y.get()}.holds(pass);
        return answer;
    }

    /// By its two interfaces, the faster of which differs from shape to shape.
    Answer product(const Product &p) {
        const Floats a = integers(p.m * p.k, 1), b = integers(p.k * p.n, 2), c = integers(p.m * p.n, 3);
        const memory left = plain({p.m, p.k}, p.ta ? Tag::ba : Tag::ab, a);
        const memory right = plain({p.k, p.n}, p.tb ? Tag::ba : Tag::ab, b), result = plain({p.m, p.n}, Tag::ab, c);
        const dnnl::matmul::primitive_desc descriptor(engine, left.get_desc(), right.get_desc(), result.get_desc());
        std::vector<Operand> operands = {{DNNL_ARG_SRC, left.get_desc(), left},
                                         {DNNL_ARG_WEIGHTS, right.get_desc(), right},
                                         {DNNL_ARG_DST, result.get_desc(), result, true}};
        Answer answer{descriptor.impl_info_str(), time(dnnl::matmul(descriptor), operands), p.flops()};
        answer.verified = isProduct(p, a.get(), b.get(), c.get());
        std::fill_n(c.get(), p.m * p.n, std::nanf(""));
        const Times blas = timeSGEMM(p, a.get(), b.get(), c.get());
        answer.verified = answer.verified && isProduct(p, a.get(), b.get(), c.get());
        if (blas.median < answer.times.median) {
            answer.algorithm = "dnnl_sgemm";
            answer.times = blas;
        }
        return answer;
    }

    Times timeSGEMM(const Product &p, float *a, float *b, float *c) {
        std::vector<Floats> copies;
        std::vector<std::array<float *, 3>> operands = {{a, b, c}};
        const auto copy = [&](const float *from, size_t count) {
            copies.push_back(allocate(count));
            return std::copy(from, from + count, copies.back().get()) - count;
        };
        while (operands.size() < sets) {
            operands.push_back({copy(a, p.m * p.k), copy(b, p.k * p.n), copy(c, p.m * p.n)});
        }
        return measure(sets, options, [&](size_t set) {
            const auto [x, y, z] = operands[set];
            dnnl_sgemm(p.ta ? 'T' : 'N', p.tb ? 'T' : 'N', p.m, p.n, p.k, 1, x, p.ta ? p.m : p.k, y, p.tb ? p.k : p.n,
                       0, z, p.n);
        });
    }
};

}  // namespace

int main(int count, char **arguments) {
    const Options options(count, arguments);
    const dnnl_version_t *version = dnnl_version();
    OneDNN library(options);
    return serve("oneDNN", std::to_string(version->major) + "." + std::to_string(version->minor) + "." +
                               std::to_string(version->patch),
                 [&](const std::string &kernel, const std::string &pass, const Shape &shape, size_t sets) {
                     return library.solve(kernel, pass, shape, sets);
                 });
}
