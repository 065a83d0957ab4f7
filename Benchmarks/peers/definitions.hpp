// Single elements of results from their definitions, to compare a library's results with.
#pragma once

#include "worker.hpp"

namespace worker {

/// Elements that are compared, spread over a result.
constexpr size_t probes = 64;
inline size_t probe(size_t number, size_t count) { return number * 2654435761u % count; }

/// Whether a value agrees with one that was summed in double precision.
inline bool agrees(float value, double expected) {
    return std::abs(value - expected) <= 1e-4 * std::max(1.0, std::abs(expected));
}

inline bool isProduct(const Product &p, const float *a, const float *b, const float *c) {
    for (size_t number = 0; number < probes; ++number) {
        const long at = probe(number, p.m * p.n), i = at / p.n, j = at % p.n;
        double sum = 0;
        for (long l = 0; l < p.k; ++l) {
            const double left = p.ta ? a[l * p.m + i] : a[i * p.k + l];
            sum += left * (p.tb ? b[j * p.k + l] : b[l * p.n + j]);
        }
        if (!agrees(c[at], sum)) return false;
    }
    return true;
}

/// The tensors of a convolution, NCHW and OIHW: inputs x, weights w, outputs y, or the gradients of one of them.
struct ConvData {
    const Conv &c;
    const float *x, *w, *y;

    /// What tap (p, q) of the output (n, o, h, v) meets in input channel `i` of its group: 0 in the padding.
    double input(long n, long o, long i, long h, long v, long p, long q) const {
        const long row = h * c.sh + p * c.dh - c.ph, column = v * c.sw + q * c.dw - c.pw;
        if (row < 0 || row >= c.ih || column < 0 || column >= c.iw) return 0;
        const long channel = o / (c.oc / c.g) * (c.ic / c.g) + i;
        return x[((n * c.ic + channel) * c.ih + row) * c.iw + column];
    }
    double weight(long o, long i, long p, long q) const { return w[((o * (c.ic / c.g) + i) * c.kh + p) * c.kw + q]; }
    double output(long n, long o, long h, long v) const { return y[((n * c.oc + o) * c.oh + h) * c.ow + v]; }

    double forward(size_t at) const {
        const long v = at % c.ow, h = at / c.ow % c.oh, o = at / (c.ow * c.oh) % c.oc, n = at / (c.ow * c.oh * c.oc);
        double sum = 0;
        for (long i = 0; i < c.ic / c.g; ++i)
            for (long p = 0; p < c.kh; ++p)
                for (long q = 0; q < c.kw; ++q) sum += weight(o, i, p, q) * input(n, o, i, h, v, p, q);
        return sum;
    }

    double backwardData(size_t at) const {
        const long column = at % c.iw, row = at / c.iw % c.ih;
        const long channel = at / (c.iw * c.ih) % c.ic, n = at / (c.iw * c.ih * c.ic);
        const long inputs = c.ic / c.g, outputs = c.oc / c.g, group = channel / inputs;
        double sum = 0;
        for (long o = group * outputs; o < (group + 1) * outputs; ++o)
            for (long p = 0; p < c.kh; ++p)
                for (long q = 0; q < c.kw; ++q) {
                    const long top = row + c.ph - p * c.dh, left = column + c.pw - q * c.dw;
                    if (top < 0 || left < 0 || top % c.sh || left % c.sw) continue;
                    if (top / c.sh >= c.oh || left / c.sw >= c.ow) continue;
                    sum += weight(o, channel % inputs, p, q) * output(n, o, top / c.sh, left / c.sw);
                }
        return sum;
    }

    double backwardWeights(size_t at) const {
        const long inputs = c.ic / c.g;
        const long q = at % c.kw, p = at / c.kw % c.kh;
        const long i = at / (c.kw * c.kh) % inputs, o = at / (c.kw * c.kh * inputs);
        double sum = 0;
        for (long n = 0; n < c.mb; ++n)
            for (long h = 0; h < c.oh; ++h)
                for (long v = 0; v < c.ow; ++v) sum += output(n, o, h, v) * input(n, o, i, h, v, p, q);
        return sum;
    }

    bool holds(const std::string &pass) const {
        const bool isForward = pass == "forward", isData = pass == "backward-data";
        const float *result = isForward ? y : isData ? x : w;
        const size_t count = isForward ? c.outputs() : isData ? c.inputs() : c.weights();
        for (size_t number = 0; number < probes; ++number) {
            const size_t at = probe(number, count);
            const double expected = isForward ? forward(at) : isData ? backwardData(at) : backwardWeights(at);
            if (!agrees(result[at], expected)) return false;
        }
        return true;
    }
};

}  // namespace worker
