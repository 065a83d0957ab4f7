// What the compiled peers share: the protocol with run.py, shapes, operand memory, and timing.
//
// A worker reads a problem a line from standard input, `KERNEL PASS SHAPE SETS`, and answers each with a JSON object on
// a line of standard output. It starts with one object that names the library and its version. SETS is how many copies
// of the operands are used in turn: enough of them to exceed the caches, or one that stays there.
#pragma once

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace worker {

struct Options {
    int threads = 1;
    /// The least time for all samples of a problem together.
    double seconds = 0.2;

    Options(int count, char **arguments) {
        for (int i = 1; i < count; ++i) {
            const std::string name = arguments[i];
            if (name == "--threads" && i + 1 < count) {
                threads = std::stoi(arguments[++i]);
            } else if (name == "--seconds" && i + 1 < count) {
                seconds = std::stod(arguments[++i]);
            } else {
                throw std::invalid_argument("unknown option " + name);
            }
        }
    }
};

/// Name-number pairs, such as mb4ic3ih32oc6kh5.
class Shape {
public:
    explicit Shape(const std::string &text) {
        for (size_t at = 0; at < text.size();) {
            size_t digits = at;
            while (digits < text.size() && std::isalpha(text[digits])) ++digits;
            char *end = nullptr;
            const long value = std::strtol(text.c_str() + digits, &end, 10);
            const size_t next = end - text.c_str();
            if (digits == at || next == digits) throw std::invalid_argument("not a shape: " + text);
            values[text.substr(at, digits - at)] = value;
            at = next;
        }
    }

    long get(const std::string &name, long otherwise) const {
        const auto found = values.find(name);
        return found == values.end() ? otherwise : found->second;
    }

    long get(const std::string &name) const {
        const auto found = values.find(name);
        if (found == values.end()) throw std::invalid_argument("the shape lacks " + name);
        return found->second;
    }

private:
    std::map<std::string, long> values;
};

/// A matrix product; with ta or tb, that operand is stored transposed.
struct Product {
    long m, n, k;
    bool ta, tb;

    explicit Product(const Shape &s)
        : m(s.get("m")), n(s.get("n")), k(s.get("k")), ta(s.get("ta", 0) != 0), tb(s.get("tb", 0) != 0) {}

    double flops() const { return 2.0 * m * n * k; }
};

struct Conv {
    long mb, ic, ih, iw, oc, kh, kw, sh, sw, ph, pw, dh, dw, g, oh, ow;

    explicit Conv(const Shape &s)
        : mb(s.get("mb", 1)), ic(s.get("ic")), ih(s.get("ih")), iw(s.get("iw", ih)), oc(s.get("oc")), kh(s.get("kh")),
          kw(s.get("kw", kh)), sh(s.get("sh", 1)), sw(s.get("sw", sh)), ph(s.get("ph", 0)), pw(s.get("pw", ph)),
          dh(s.get("dh", 1)), dw(s.get("dw", dh)), g(s.get("g", 1)), oh((ih + 2 * ph - dh * (kh - 1) - 1) / sh + 1),
          ow((iw + 2 * pw - dw * (kw - 1) - 1) / sw + 1) {}

    size_t inputs() const { return mb * ic * ih * iw; }
    size_t weights() const { return oc * (ic / g) * kh * kw; }
    size_t outputs() const { return mb * oc * oh * ow; }
    double flops() const { return 2.0 * outputs() * (ic / g) * kh * kw; }
};

struct Free {
    void operator()(float *pointer) const { std::free(pointer); }
};
using Floats = std::unique_ptr<float[], Free>;

inline Floats allocate(size_t count) {
    void *pointer = std::aligned_alloc(64, (count * sizeof(float) + 63) / 64 * 64);
    if (pointer == nullptr) throw std::bad_alloc();
    return Floats(static_cast<float *>(pointer));
}

/// Integers from -4 to 4, so that sums are exact in any order.
inline Floats integers(size_t count, unsigned seed) {
    Floats values = allocate(count);
    unsigned state = seed * 2654435761u + 1;
    for (size_t i = 0; i < count; ++i) {
        state = state * 1664525u + 1013904223u;
        values[i] = static_cast<float>(static_cast<int>((state >> 16) % 9) - 4);
    }
    return values;
}

struct Times {
    double median = 0;
    double least = 0;
};

/// Times runs on sets of operands in turn, in samples that are long enough for the clock.
inline Times measure(size_t sets, const Options &options, const std::function<void(size_t)> &run,
                     const std::function<void()> &finish = [] {}) {
    using Clock = std::chrono::steady_clock;
    size_t set = 0;
    auto next = [&] {
        run(set);
        set = set + 1 == sets ? 0 : set + 1;
    };
    auto sample = [&](size_t repetitions) {
        const auto start = Clock::now();
        for (size_t i = 0; i < repetitions; ++i) next();
        finish();
        return std::chrono::duration<double>(Clock::now() - start).count();
    };
    sample(std::min<size_t>(sets, 8));
    size_t repetitions = 1;
    while (sample(repetitions) < 200e-6 && repetitions < (1u << 20)) repetitions *= 2;
    std::vector<double> samples;
    for (double total = 0; samples.size() < 7 || total < options.seconds;) {
        const double seconds = sample(repetitions);
        total += seconds;
        samples.push_back(seconds / repetitions);
    }
    std::sort(samples.begin(), samples.end());
    const size_t half = samples.size() / 2;
    const double median = samples.size() % 2 ? samples[half] : (samples[half - 1] + samples[half]) / 2;
    return {median, samples.front()};
}

struct Answer {
    std::string algorithm;
    Times times;
    /// Operations by the sizes that this worker read, which run.py compares with those of the other systems.
    double flops = 0;
    bool verified = false;
};

/// Answers the problems on standard input until it ends. `solve` returns nothing for what the library lacks.
inline int serve(const std::string &library, const std::string &version,
                 const std::function<std::optional<Answer>(const std::string &, const std::string &, const Shape &,
                                                          size_t sets)> &solve) {
    std::printf("{\"library\":\"%s\",\"version\":\"%s\"}\n", library.c_str(), version.c_str());
    std::fflush(stdout);
    for (std::string line; std::getline(std::cin, line);) {
        std::istringstream words(line);
        std::string kernel, pass, shape;
        size_t sets = 1;
        words >> kernel >> pass >> shape >> sets;
        std::optional<Answer> answer;
        std::string problem;
        try {
            answer = solve(kernel, pass, Shape(shape), sets);
        } catch (const std::exception &error) {
            problem = error.what();
            std::replace(problem.begin(), problem.end(), '"', '\'');
        }
        if (answer) {
            std::printf("{\"kernel\":\"%s\",\"pass\":\"%s\",\"shape\":\"%s\",\"algorithm\":\"%s\","
                        "\"median_seconds\":%.9g,\"min_seconds\":%.9g,\"flops\":%.17g,\"verified\":%s}\n",
                        kernel.c_str(), pass.c_str(), shape.c_str(), answer->algorithm.c_str(), answer->times.median,
                        answer->times.least, answer->flops, answer->verified ? "true" : "false");
        } else {
            std::printf("{\"absent\":\"%s\"}\n", problem.c_str());
        }
        std::fflush(stdout);
    }
    return 0;
}

}  // namespace worker
