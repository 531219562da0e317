// The product of one row with a matrix of weights, in 8-bit integers, for CTranslate2.
//
// Decoding is greedy: each token asks for the products of one row of activations with all weights of the decoder. CTranslate2
// hands them to oneDNN's general product, which copies the weights into another order first, all of them for each token: two
// fifths of recognition (docs/adr/0009). Here they are read once, as they lie.
//
// This is a definition of CTranslate2's own function, which stands before the library's because the program is searched first.
// Whatever is not one row by weights as the decoder has them goes on to the library's. Integers: the results are the same.
// LINGTING_CT2_PLAIN=1 leaves all to the library.

#include <dlfcn.h>

#include <cstdint>
#include <cstdlib>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace ctranslate2 {

// As in ctranslate2/devices.h and ctranslate2/primitives.h of the release that is linked; models/manifest.toml pins it.
enum class Device { CPU, CUDA };
using dim_t = int64_t;

template <Device D>
struct primitives {
  template <typename In, typename Out>
  static void gemm(bool a_is_packed, bool b_is_packed, bool transpose_a, bool transpose_b, dim_t m, dim_t n, dim_t k,
                   float alpha, const In* a, dim_t lda, const In* b, dim_t ldb, float beta, Out* c, dim_t ldc,
                   const Out* a_shift_compensation);
};

}  // namespace ctranslate2

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

constexpr int64_t kLane = 64;  // bytes of a register
constexpr int64_t kRows = 4;   // rows of weights that are read at a time
constexpr int64_t kAhead = 4;  // groups of rows by which memory is asked before they are needed

bool is_able() {
  static const bool able = std::getenv("LINGTING_CT2_PLAIN") == nullptr && __builtin_cpu_supports("avx512f") &&
                           __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vnni");
  return able;
}

// c[j] = sum over l of x[l] * w[j][l], plus shift[j]. `x` holds k unsigned bytes (activations moved up by 128, for which `shift`
// makes up), `w` n rows of k signed bytes, `stride` apart; k is a multiple of kLane.
__attribute__((target("avx512f,avx512bw,avx512vnni"))) void one_row(int64_t n, int64_t k, const int8_t* x, const int8_t* w,
                                                                    int64_t stride, const int32_t* shift, int32_t* c) {
  int64_t j = 0;
  for (; j + kRows <= n; j += kRows) {
    const int8_t* rows = w + j * stride;
    const int8_t* ahead = rows + kAhead * kRows * stride;
    __m512i sums[kRows] = {};
    for (int64_t l = 0; l < k; l += kLane) {
      const __m512i some = _mm512_loadu_si512(x + l);
#pragma GCC unroll 4
      for (int64_t row = 0; row < kRows; ++row) {
        sums[row] = _mm512_dpbusd_epi32(sums[row], some, _mm512_loadu_si512(rows + row * stride + l));
        // In the order in which the weights lie. Past their end this asks for nothing and harms nothing.
        _mm_prefetch(reinterpret_cast<const char*>(ahead + l * kRows + row * kLane), _MM_HINT_T0);
      }
    }
#pragma GCC unroll 4
    for (int64_t row = 0; row < kRows; ++row) {
      c[j + row] = _mm512_reduce_add_epi32(sums[row]) + shift[j + row];
    }
  }
  for (; j < n; ++j) {
    __m512i sum = _mm512_setzero_si512();
    for (int64_t l = 0; l < k; l += kLane) {
      sum = _mm512_dpbusd_epi32(sum, _mm512_loadu_si512(x + l), _mm512_loadu_si512(w + j * stride + l));
    }
    c[j] = _mm512_reduce_add_epi32(sum) + shift[j];
  }
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
  const bool is_one_row = m == 1 && !transpose_a && transpose_b && !a_is_packed && !b_is_packed && alpha == 1 && beta == 0 &&
                          k % kLane == 0 && a_shift_compensation != nullptr;
  if (is_one_row && is_able()) {
    one_row(n, k, a, b, ldb, a_shift_compensation, c);
    return;
  }
#endif
  library()(a_is_packed, b_is_packed, transpose_a, transpose_b, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc,
            a_shift_compensation);
}
