// Attention for CTranslate2: scores, softmax and the weighted sum of the values in one go.
//
// The library makes the matrix of all scores, reads and writes it again for the softmax and hands it on, in 32-bit floats and by
// products that are made for larger matrices: two fifths of encoding, a quarter of decoding (docs/adr/0010). Here a few queries are
// taken to their end at a time. Many queries (encoder, word times) are multiplied as 16-bit integers, of which a processor with
// VNNI does twice as many; one query a window (decoding) waits for the memory and stays as it is.
//
// What a row of queries gives depends on itself and on the keys within its length, never on what stands beside or behind them, to
// the last bit: a window gives the same words alone and with others. Whatever is not plain attention over heads of 64 goes on to
// the library's.

#include <dlfcn.h>

#include <algorithm>
#include <cmath>
#include <vector>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include <ctranslate2/layers/attention.h>

#include "able.h"

namespace {

using ctranslate2::dim_t;
using ctranslate2::StorageView;
using ctranslate2::layers::Alibi;

using Attention = void (*)(const StorageView&, const StorageView&, const StorageView&, const StorageView*, const StorageView*,
                           const StorageView*, const StorageView*, const StorageView*, dim_t, dim_t, dim_t, StorageView&,
                           StorageView*, bool, float, bool, bool, dim_t, Alibi*, StorageView*);

// The library's own.
Attention library() {
  static const auto next = reinterpret_cast<Attention>(
      dlsym(RTLD_NEXT,
            "_ZN11ctranslate26layers21dot_product_attentionERKNS_11StorageViewES3_S3_PS2_S4_S4_S4_S4_lllRS1_PS1_bfbblPNS0_"
            "5AlibiES6_"));
  return next;
}

#if defined(__x86_64__)

#define LINGTING_TARGET __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512vnni")))

constexpr dim_t kSize = 64;      // values of a head
constexpr dim_t kPairs = 32;     // the same, two in a register's lane
constexpr dim_t kLanes = 16;     // floats of a register
constexpr dim_t kRows = 4;       // queries that are multiplied at a time; more do not stay in registers
constexpr dim_t kBlock = 64;     // keys, or values of a head, by which they are
constexpr dim_t kAhead = 16;     // keys and values by which memory is asked before they are needed
constexpr dim_t kFewMax = 4;     // so many queries are taken one at a time

// 64 products of two such integers stay within 32 bits.
constexpr float kScoreMax = 4095.0f;
// So do products of a value with weights that sum up to one.
constexpr float kValueMax = 32767.0f;

// Of a head of a window: `m` queries and `n` keys with their values, one after another. A row of queries sees `lengths` keys.
struct Head {
  const float* queries;
  const float* keys;
  const float* values;
  dim_t m;
  dim_t n;
  const int32_t* lengths;
  float scale;
  float* output;
  // Where the scores go, if they are asked for.
  float* scores;

  dim_t length(dim_t row) const { return lengths == nullptr ? n : std::min<dim_t>(lengths[row], n); }
};

LINGTING_TARGET inline __mmask16 lanes_before(dim_t end, dim_t at) {
  return end - at >= kLanes ? 0xffff : static_cast<__mmask16>((1u << std::max<dim_t>(end - at, 0)) - 1);
}

// e to the x for x <= 0, to some 2e-7 of it; after Cephes (Moshier, expf).
LINGTING_TARGET inline __m512 exponential(__m512 x) {
  x = _mm512_max_ps(x, _mm512_set1_ps(-87.0f));
  const __m512 n = _mm512_roundscale_ps(_mm512_mul_ps(x, _mm512_set1_ps(1.44269504088896341f)), 8);
  __m512 r = _mm512_fnmadd_ps(n, _mm512_set1_ps(0.693359375f), x);
  r = _mm512_fnmadd_ps(n, _mm512_set1_ps(-2.12194440e-4f), r);
  __m512 y = _mm512_set1_ps(1.9875691500e-4f);
  for (const float c : {1.3981999507e-3f, 8.3334519073e-3f, 4.1665795894e-2f, 1.6666665459e-1f, 5.0000001201e-1f}) {
    y = _mm512_fmadd_ps(y, r, _mm512_set1_ps(c));
  }
  y = _mm512_add_ps(_mm512_fmadd_ps(y, _mm512_mul_ps(r, r), r), _mm512_set1_ps(1.0f));
  return _mm512_scalef_ps(y, n);
}

// Scores become weights that sum up to what is returned: the largest is 1, those from `length` on, up to `end`, are 0.
LINGTING_TARGET float weights(float* row, dim_t length, dim_t end) {
  __m512 most = _mm512_set1_ps(-INFINITY);
  for (dim_t j = 0; j < length; j += kLanes) {
    const __mmask16 mask = lanes_before(length, j);
    most = _mm512_mask_max_ps(most, mask, most, _mm512_maskz_loadu_ps(mask, row + j));
  }
  most = _mm512_set1_ps(_mm512_reduce_max_ps(most));
  __m512 sum = _mm512_setzero_ps();
  dim_t j = 0;
  for (; j < length; j += kLanes) {
    const __mmask16 mask = lanes_before(length, j);
    const __m512 weight = _mm512_maskz_mov_ps(mask, exponential(_mm512_sub_ps(_mm512_maskz_loadu_ps(mask, row + j), most)));
    sum = _mm512_add_ps(sum, weight);
    _mm512_storeu_ps(row + j, weight);
  }
  for (; j < end; j += kLanes) _mm512_storeu_ps(row + j, _mm512_setzero_ps());
  return _mm512_reduce_add_ps(sum);
}

inline dim_t up(dim_t count, dim_t to) { return (count + to - 1) / to * to; }

// --- one query at a time

// Asks the memory for the row of a key or a value that is needed next but a few. Past the last this harms nothing.
inline void ask_ahead(const float* row) {
  for (dim_t c = 0; c < 4; ++c) _mm_prefetch(reinterpret_cast<const char*>(row + kAhead * kSize + c * kLanes), _MM_HINT_T0);
}

LINGTING_TARGET void few(const Head& head, std::vector<float>& row) {
  row.resize(up(head.n, kLanes));
  for (dim_t i = 0; i < head.m; ++i) {
    const dim_t length = head.length(i);
    __m512 query[4];
    for (dim_t c = 0; c < 4; ++c) {
      query[c] = _mm512_mul_ps(_mm512_loadu_ps(head.queries + i * kSize + c * kLanes), _mm512_set1_ps(head.scale));
    }
    for (dim_t j = 0; j < length; ++j) {
      const float* key = head.keys + j * kSize;
      ask_ahead(key);
      __m512 even = _mm512_mul_ps(query[0], _mm512_loadu_ps(key));
      __m512 odd = _mm512_mul_ps(query[1], _mm512_loadu_ps(key + kLanes));
      even = _mm512_fmadd_ps(query[2], _mm512_loadu_ps(key + 2 * kLanes), even);
      odd = _mm512_fmadd_ps(query[3], _mm512_loadu_ps(key + 3 * kLanes), odd);
      row[j] = _mm512_reduce_add_ps(_mm512_add_ps(even, odd));
    }
    if (head.scores != nullptr) {
      std::copy_n(row.data(), length, head.scores + i * head.n);
      std::fill_n(head.scores + i * head.n + length, head.n - length, 0.0f);
    }
    const __m512 share = _mm512_set1_ps(1.0f / weights(row.data(), length, length));
    __m512 sums[4] = {};
    for (dim_t j = 0; j < length; ++j) {
      const float* value = head.values + j * kSize;
      ask_ahead(value);
      const __m512 weight = _mm512_set1_ps(row[j]);
      for (dim_t c = 0; c < 4; ++c) sums[c] = _mm512_fmadd_ps(weight, _mm512_loadu_ps(value + c * kLanes), sums[c]);
    }
    for (dim_t c = 0; c < 4; ++c) {
      _mm512_storeu_ps(head.output + i * kSize + c * kLanes, _mm512_mul_ps(sums[c], share));
    }
  }
}

// --- many queries, as integers

// A register's worth of memory.
struct alignas(64) Line {
  int32_t lanes[kLanes];
};

struct Packed {
  std::vector<Line> keys;       // blocks of 64 keys: for each pair of their values, the pairs of all of them
  std::vector<float> steps;     // what a unit of a key is worth
  std::vector<Line> values;     // for each pair of keys, the pairs of all their values
  std::vector<float> worth;     // what a unit of a value is worth, by its place in the head
  std::vector<Line> queries, weights;
  std::vector<float> scores;
};

// A row of 64 floats as integers up to `most`. Returns what a unit is worth.
LINGTING_TARGET inline float quantised(const float* from, float most, __m512i (&to)[2]) {
  __m512 parts[4], largest = _mm512_setzero_ps();
  for (dim_t c = 0; c < 4; ++c) {
    parts[c] = _mm512_loadu_ps(from + c * kLanes);
    largest = _mm512_max_ps(largest, _mm512_abs_ps(parts[c]));
  }
  const float unit = std::max(_mm512_reduce_max_ps(largest), 1e-30f) / most;
  const __m512 by = _mm512_set1_ps(1.0f / unit);
  __m256i halves[4];
  for (dim_t c = 0; c < 4; ++c) halves[c] = _mm512_cvtepi32_epi16(_mm512_cvtps_epi32(_mm512_mul_ps(parts[c], by)));
  to[0] = _mm512_inserti64x4(_mm512_castsi256_si512(halves[0]), halves[1], 1);
  to[1] = _mm512_inserti64x4(_mm512_castsi256_si512(halves[2]), halves[3], 1);
  return unit;
}

LINGTING_TARGET void pack_keys(const Head& head, Packed& packed) {
  const dim_t n = up(head.n, kBlock);
  packed.keys.resize(n * kPairs / kLanes);
  packed.steps.assign(n, 0.0f);
  auto* const to = reinterpret_cast<int32_t*>(packed.keys.data());
  for (dim_t j = 0; j < n; ++j) {
    __m512i row[2] = {};
    if (j < head.n) packed.steps[j] = quantised(head.keys + j * kSize, kScoreMax, row);
    alignas(64) int32_t pairs[kPairs];
    _mm512_store_si512(pairs, row[0]);
    _mm512_store_si512(pairs + kLanes, row[1]);
    int32_t* const block = to + j / kBlock * kBlock * kPairs + j % kBlock;
    for (dim_t p = 0; p < kPairs; ++p) block[p * kBlock] = pairs[p];
  }
}

LINGTING_TARGET inline __m512i whole(const float* from, __m512 by) {
  return _mm512_cvtps_epi32(_mm512_mul_ps(_mm512_loadu_ps(from), by));
}

LINGTING_TARGET void pack_values(const Head& head, Packed& packed) {
  __m512 largest[4];
  for (__m512& some : largest) some = _mm512_set1_ps(1e-30f);
  for (dim_t j = 0; j < head.n; ++j) {
    for (dim_t c = 0; c < 4; ++c) {
      largest[c] = _mm512_max_ps(largest[c], _mm512_abs_ps(_mm512_loadu_ps(head.values + j * kSize + c * kLanes)));
    }
  }
  packed.worth.resize(kSize);
  __m512 by[4];
  for (dim_t c = 0; c < 4; ++c) {
    _mm512_storeu_ps(packed.worth.data() + c * kLanes, _mm512_div_ps(largest[c], _mm512_set1_ps(kValueMax)));
    by[c] = _mm512_div_ps(_mm512_set1_ps(kValueMax), largest[c]);
  }
  const dim_t pairs = up(head.n, 2) / 2;
  packed.values.resize(pairs * kSize / kLanes);
  for (dim_t p = 0; p < pairs; ++p) {
    const float* first = head.values + 2 * p * kSize;
    for (dim_t c = 0; c < 4; ++c) {
      const __m512i low = whole(first + c * kLanes, by[c]);
      const __m512i high = 2 * p + 1 < head.n ? whole(first + kSize + c * kLanes, by[c]) : _mm512_setzero_si512();
      const __m512i pair = _mm512_or_si512(_mm512_and_si512(low, _mm512_set1_epi32(0xffff)), _mm512_slli_epi32(high, 16));
      _mm512_store_si512(&packed.values[p * 4 + c], pair);
    }
  }
}

// Products of kRows rows of pairs `x`, `stride` apart, with 64 columns of pairs, over `pairs` of them, as numbers: a unit of a row is
// worth `units`, times `steps` of its column. Rows of results are `to_stride` apart.
LINGTING_TARGET void products(const int32_t* x, dim_t stride, const Line* columns, dim_t pairs, const float* units,
                              const float* steps, float* to, dim_t to_stride) {
  __m512i sums[kRows][4] = {};
  for (dim_t p = 0; p < pairs; ++p, columns += 4) {
    __m512i some[4];
#pragma GCC unroll 4
    for (dim_t c = 0; c < 4; ++c) some[c] = _mm512_load_si512(columns + c);
#pragma GCC unroll 4
    for (dim_t i = 0; i < kRows; ++i) {
      const __m512i pair = _mm512_set1_epi32(x[i * stride + p]);
#pragma GCC unroll 4
      for (dim_t c = 0; c < 4; ++c) sums[i][c] = _mm512_dpwssd_epi32(sums[i][c], pair, some[c]);
    }
  }
#pragma GCC unroll 4
  for (dim_t c = 0; c < 4; ++c) {
    const __m512 worth = _mm512_loadu_ps(steps + c * kLanes);
#pragma GCC unroll 4
    for (dim_t i = 0; i < kRows; ++i) {
      const __m512 unit = _mm512_mul_ps(worth, _mm512_set1_ps(units[i]));
      _mm512_storeu_ps(to + i * to_stride + c * kLanes, _mm512_mul_ps(_mm512_cvtepi32_ps(sums[i][c]), unit));
    }
  }
}

LINGTING_TARGET void many(const Head& head, Packed& packed) {
  pack_keys(head, packed);
  pack_values(head, packed);
  const dim_t width = up(head.n, kBlock);
  const dim_t stride = width / 2;  // of a row of weights, in pairs
  packed.scores.resize(kRows * width);
  packed.queries.resize(kRows * 2);
  packed.weights.assign(kRows * width / 32, Line{});
  auto* const queries = reinterpret_cast<int32_t*>(packed.queries.data());
  auto* const weighed = reinterpret_cast<int32_t*>(packed.weights.data());
  float* const scores = packed.scores.data();
  for (dim_t first = 0; first < head.m; first += kRows) {
    const dim_t rows = std::min(kRows, head.m - first);
    float units[kRows] = {};
    dim_t longest = 0;
    for (dim_t i = 0; i < kRows; ++i) {
      __m512i row[2] = {};
      if (i < rows) {
        units[i] = quantised(head.queries + (first + i) * kSize, kScoreMax, row) * head.scale;
        longest = std::max(longest, head.length(first + i));
      }
      _mm512_store_si512(&packed.queries[i * 2], row[0]);
      _mm512_store_si512(&packed.queries[i * 2 + 1], row[1]);
    }
    const dim_t end = head.scores == nullptr ? longest : head.n;
    for (dim_t j = 0; j < end; j += kBlock) {
      products(queries, kPairs, packed.keys.data() + j * kPairs / kLanes, kPairs, units, packed.steps.data() + j, scores + j, width);
    }
    float shares[kRows] = {};
    for (dim_t i = 0; i < rows; ++i) {
      float* const row = scores + i * width;
      if (head.scores != nullptr) std::copy_n(row, head.n, head.scores + (first + i) * head.n);
      const dim_t last = up(longest, 2 * kLanes);
      const __m512 by = _mm512_set1_ps(kValueMax / weights(row, head.length(first + i), last));
      // Of the weights as they are rounded, so that what small ones lose is given back.
      __m512i sum = _mm512_setzero_si512();
      auto* const to = reinterpret_cast<int16_t*>(weighed + i * stride);
      for (dim_t j = 0; j < last; j += kLanes) {
        const __m512i whole = _mm512_cvtps_epi32(_mm512_mul_ps(_mm512_loadu_ps(row + j), by));
        sum = _mm512_add_epi32(sum, whole);
        _mm256_storeu_si256(reinterpret_cast<__m256i*>(to + j), _mm512_cvtepi32_epi16(whole));
      }
      shares[i] = 1.0f / static_cast<float>(_mm512_reduce_add_epi32(sum));
    }
    float sums[kRows * kSize];
    products(weighed, stride, packed.values.data(), up(longest, 2) / 2, shares, packed.worth.data(), sums, kSize);
    std::copy_n(sums, rows * kSize, head.output + first * kSize);
  }
}

#endif

}  // namespace

namespace ctranslate2 {
namespace layers {

void dot_product_attention(const StorageView& queries, const StorageView& keys, const StorageView& values,
                           const StorageView* values_lengths, const StorageView* relative_position_keys,
                           const StorageView* relative_asymmetric_position_keys,
                           const StorageView* relative_position_values, const StorageView* relative_attention_bias,
                           dim_t relative_left_max_position, dim_t relative_right_max_position,
                           dim_t maximum_relative_position, StorageView& output, StorageView* attention,
                           bool return_normalized_attention, float queries_scale, bool is_decoder, bool with_cache,
                           dim_t beam_size, Alibi* alibi, StorageView* position_bias) {
#if defined(__x86_64__)
  const bool is_positioned = relative_position_keys || relative_asymmetric_position_keys || relative_position_values ||
                             relative_attention_bias || alibi;
  const bool is_shaped = queries.rank() == 4 && keys.rank() == 4 && queries.device() == Device::CPU &&
                         queries.dtype() == DataType::FLOAT32 && queries.dim(3) == kSize && keys.dim(3) == kSize &&
                         keys.shape() == values.shape() && queries.dim(0) == keys.dim(0) && queries.dim(1) == keys.dim(1);
  const bool is_told = attention != nullptr && (return_normalized_attention || beam_size > 1);
  static const bool is_able = lingting::has_vnni() && !lingting::is_plain("attention");
  if (is_able && is_shaped && !is_positioned && !is_told &&
      (!values_lengths || values_lengths->size() == queries.size() / kSize)) {
    const dim_t heads = queries.dim(0) * queries.dim(1), m = queries.dim(2), n = keys.dim(2);
    output.resize(queries.shape());
    if (attention) attention->resize({queries.dim(0), queries.dim(1), m, n});
    thread_local Packed packed;
    for (dim_t ix = 0; ix < heads; ++ix) {
      const Head head = {queries.data<float>() + ix * m * kSize,
                         keys.data<float>() + ix * n * kSize,
                         values.data<float>() + ix * n * kSize,
                         m,
                         n,
                         values_lengths ? values_lengths->data<int32_t>() + ix * m : nullptr,
                         queries_scale,
                         output.data<float>() + ix * m * kSize,
                         attention ? attention->data<float>() + ix * m * n : nullptr};
      // By what is asked, not by how much of it there is: word times take the same way alone and with others.
      if (m <= kFewMax || beam_size > 1) {
        few(head, packed.scores);
      } else {
        many(head, packed);
      }
    }
    return;
  }
#endif
  library()(queries, keys, values, values_lengths, relative_position_keys, relative_asymmetric_position_keys,
            relative_position_values, relative_attention_bias, relative_left_max_position, relative_right_max_position,
            maximum_relative_position, output, attention, return_normalized_attention, queries_scale, is_decoder, with_cache,
            beam_size, alibi, position_bias);
}

}  // namespace layers
}  // namespace ctranslate2
