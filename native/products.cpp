// Products of few rows with a matrix of weights, in 8-bit integers, for CTranslate2.
//
// Decoding asks, for each token, for the products of one row of activations a window with all weights of the decoder. CTranslate2
// hands them to oneDNN's general product, which copies the weights into another order first, all of them for each token
// (docs/adr/0009). Here they are read once, as they lie, for all rows.
//
// This is a definition of CTranslate2's own function, which stands before the library's because the program is searched first.
// Whatever is not few rows by weights as the decoder has them goes on to the library's. Integers: the results are the same.

#include <dlfcn.h>

#include <algorithm>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include <ctranslate2/primitives.h>

#include "able.h"

namespace {

using Product = void (*)(bool, bool, bool, bool, int64_t, int64_t, int64_t, float, const int8_t*, int64_t, const int8_t*,
                         int64_t, float, int32_t*, int64_t, const int32_t*);

// The library's own.
Product library() {
  static const auto next = reinterpret_cast<Product>(
      dlsym(RTLD_NEXT, "_ZN11ctranslate210primitivesILNS_6DeviceE0EE4gemmIaiEEvbbbblllfPKT_lS6_lfPT0_lPKS7_"));
  return next;
}

#if defined(__x86_64__)

constexpr int64_t kLane = 64;    // bytes of a register
constexpr int64_t kWeights = 4;  // rows of weights that are read at a time
constexpr int64_t kTogether = 4; // rows of activations that are multiplied by them at a time
constexpr int64_t kAhead = 4;    // groups of rows by which memory is asked before they are needed
constexpr int64_t kRowsMax = 24; // with more rows than these the library's copying pays

// c[i][j] = sum over l of x[i][l] * w[j][l], plus shift[j], for `Rows` rows i and `Weights` rows j. `x` holds unsigned bytes
// (activations moved up by 128, for which `shift` makes up), `w` signed ones; k is a multiple of kLane.
template <int64_t Rows, int64_t Weights>
__attribute__((target("avx512f,avx512bw,avx512vnni"), always_inline)) inline void block(
    int64_t k, const int8_t* x, int64_t x_stride, const int8_t* w, int64_t w_stride, const int8_t* ahead, const int32_t* shift,
    int32_t* c, int64_t c_stride) {
  __m512i sums[Rows][Weights] = {};
  for (int64_t l = 0; l < k; l += kLane) {
    __m512i weights[Weights];
#pragma GCC unroll 4
    for (int64_t j = 0; j < Weights; ++j) {
      weights[j] = _mm512_loadu_si512(w + j * w_stride + l);
      // In the order in which the weights lie. Past their end this asks for nothing and harms nothing.
      if (ahead != nullptr) _mm_prefetch(reinterpret_cast<const char*>(ahead + l * Weights + j * kLane), _MM_HINT_T0);
    }
#pragma GCC unroll 4
    for (int64_t i = 0; i < Rows; ++i) {
      const __m512i some = _mm512_loadu_si512(x + i * x_stride + l);
#pragma GCC unroll 4
      for (int64_t j = 0; j < Weights; ++j) sums[i][j] = _mm512_dpbusd_epi32(sums[i][j], some, weights[j]);
    }
  }
#pragma GCC unroll 4
  for (int64_t i = 0; i < Rows; ++i) {
#pragma GCC unroll 4
    for (int64_t j = 0; j < Weights; ++j) c[i * c_stride + j] = _mm512_reduce_add_epi32(sums[i][j]) + shift[j];
  }
}

template <int64_t Weights>
__attribute__((target("avx512f,avx512bw,avx512vnni"))) void rows(int64_t m, int64_t k, const int8_t* x, int64_t x_stride,
                                                                 const int8_t* w, int64_t w_stride, const int8_t* ahead,
                                                                 const int32_t* shift, int32_t* c, int64_t c_stride) {
  for (int64_t i = 0; i < m; i += kTogether) {
    const int8_t* from = x + i * x_stride;
    int32_t* to = c + i * c_stride;
    switch (std::min(kTogether, m - i)) {
      case 1: block<1, Weights>(k, from, x_stride, w, w_stride, ahead, shift, to, c_stride); break;
      case 2: block<2, Weights>(k, from, x_stride, w, w_stride, ahead, shift, to, c_stride); break;
      case 3: block<3, Weights>(k, from, x_stride, w, w_stride, ahead, shift, to, c_stride); break;
      default: block<4, Weights>(k, from, x_stride, w, w_stride, ahead, shift, to, c_stride);
    }
    ahead = nullptr;
  }
}

void few_rows(int64_t m, int64_t n, int64_t k, const int8_t* x, int64_t x_stride, const int8_t* w, int64_t w_stride,
              const int32_t* shift, int32_t* c, int64_t c_stride) {
  int64_t j = 0;
  for (; j + kWeights <= n; j += kWeights) {
    const int8_t* from = w + j * w_stride;
    rows<kWeights>(m, k, x, x_stride, from, w_stride, from + kAhead * kWeights * w_stride, shift + j, c + j, c_stride);
  }
  for (; j < n; ++j) rows<1>(m, k, x, x_stride, w + j * w_stride, w_stride, nullptr, shift + j, c + j, c_stride);
}

#endif

}  // namespace

template <>
template <>
__attribute__((visibility("default"))) void ctranslate2::primitives<ctranslate2::Device::CPU>::gemm(
    bool a_is_packed, bool b_is_packed, bool transpose_a, bool transpose_b, dim_t m, dim_t n, dim_t k, float alpha,
    const int8_t* a, dim_t lda, const int8_t* b, dim_t ldb, float beta, int32_t* c, dim_t ldc,
    const int32_t* a_shift_compensation) {
#if defined(__x86_64__)
  const bool is_few_rows = m <= kRowsMax && !transpose_a && transpose_b && !a_is_packed && !b_is_packed && alpha == 1 &&
                           beta == 0 && k % kLane == 0 && a_shift_compensation != nullptr;
  static const bool is_able = lingting::has_vnni() && !lingting::is_plain("products");
  if (is_few_rows && is_able) {
    few_rows(m, n, k, a, lda, b, ldb, a_shift_compensation, c, ldc);
    return;
  }
#endif
  library()(a_is_packed, b_is_packed, transpose_a, transpose_b, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc,
            a_shift_compensation);
}
