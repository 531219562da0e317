// The median of seven neighbours, for CTranslate2's word times.
//
// The library sorts each seven anew, one by one: a fiftieth of recognition. Here a network of comparisons (Devillard, "Fast median
// search", 1998) finds the medians of many at a time. To choose one of seven rounds nothing: the results are the same.
//
// This is a definition of CTranslate2's own function, which stands before the library's because the program is searched first.

#include <dlfcn.h>

#include <algorithm>
#include <vector>

#include <ctranslate2/ops/median_filter.h>

#include "able.h"

namespace {

using ctranslate2::dim_t;
using ctranslate2::StorageView;

constexpr dim_t kWidth = 7;
constexpr dim_t kSide = kWidth / 2;

inline void sort(float& a, float& b) {
  const float less = a < b ? a : b, more = a < b ? b : a;
  a = less;
  b = more;
}

// `from` begins kSide before the first.
void medians(const float* from, dim_t count, float* to) {
  for (dim_t j = 0; j < count; ++j) {
    float a = from[j], b = from[j + 1], c = from[j + 2], d = from[j + 3], e = from[j + 4], f = from[j + 5], g = from[j + 6];
    sort(a, f);
    sort(a, d);
    sort(b, g);
    sort(c, e);
    sort(a, b);
    sort(d, f);
    sort(c, g);
    sort(c, d);
    sort(d, g);
    sort(e, f);
    sort(b, e);
    sort(b, d);
    sort(d, e);
    to[j] = d;
  }
}

}  // namespace

namespace ctranslate2 {
namespace ops {

template <>
__attribute__((visibility("default"))) void MedianFilter::compute<Device::CPU, float>(const StorageView& input,
                                                                                      const dim_t axis_size,
                                                                                      StorageView& output) const {
  static const auto library = reinterpret_cast<void (*)(const MedianFilter*, const StorageView&, dim_t, StorageView&)>(
      dlsym(RTLD_NEXT, "_ZNK11ctranslate23ops12MedianFilter7computeILNS_6DeviceE0EfEEvRKNS_11StorageViewElRS4_"));
  static const bool is_plain = lingting::is_plain("median");
  if (is_plain || _width != kWidth || axis_size <= kSide) {
    library(this, input, axis_size, output);
    return;
  }
  // Mirrored at both ends.
  std::vector<float> row(axis_size + 2 * kSide);
  for (dim_t at = 0; at < input.size(); at += axis_size) {
    const float* const from = input.data<float>() + at;
    std::copy_n(from, axis_size, row.data() + kSide);
    for (dim_t k = 1; k <= kSide; ++k) {
      row[kSide - k] = from[k];
      row[kSide + axis_size - 1 + k] = from[axis_size - 1 - k];
    }
    medians(row.data(), axis_size, output.data<float>() + at);
  }
}

}  // namespace ops
}  // namespace ctranslate2
