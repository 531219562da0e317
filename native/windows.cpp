// Several windows of unequal length at a time, for CTranslate2's Whisper.
//
// The library takes several windows if they are equally long, and pads nothing by itself; yet its decoder, made for translation,
// knows memories of unequal length. Here the two are joined: a window ends where its features are not numbers. Each is encoded by
// itself, in its own length; the memory of the shorter ones is filled up with rows that are not numbers, and the decoder is told
// the lengths before it begins. Reading the decoder's weights once serves all windows (docs/adr/0010).
//
// What was encoded is kept until others are: word times are worked out window by window, from the same features.
//
// These are definitions of CTranslate2's own functions, which stand before the library's because the program is searched first.

#include <dlfcn.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include <ctranslate2/layers/whisper.h>

namespace {

using ctranslate2::dim_t;
using ctranslate2::StorageView;
using ctranslate2::layers::DecoderState;

constexpr float kNone = std::numeric_limits<float>::quiet_NaN();

template <typename Function>
Function next(const char* name) {
  return reinterpret_cast<Function>(dlsym(RTLD_NEXT, name));
}

// A window and what the encoder made of it.
struct Encoded {
  const void* encoder;
  StorageView features;
  StorageView rows;
};

bool are_equal(const StorageView& one, const StorageView& other) {
  return one.shape() == other.shape() && std::equal(one.data<float>(), one.data<float>() + one.size(), other.data<float>());
}

// How many of `count` numbers, `stride` apart, come before the first that is none.
dim_t numbers(const float* from, dim_t count, dim_t stride) {
  dim_t length = 0;
  while (length < count && !std::isnan(from[length * stride])) ++length;
  return length;
}

// Tells the decoder how long the memory of each window is, where they differ.
void tell_lengths(DecoderState& state) {
  const auto found = state.find("memory");
  if (found == state.end() || found->second.rank() != 3 || found->second.dtype() != ctranslate2::DataType::FLOAT32) return;
  StorageView& memory = found->second;
  const dim_t windows = memory.dim(0), rows = memory.dim(1), size = memory.dim(2);
  std::vector<int32_t> lengths;
  for (dim_t window = 0; window < windows; ++window) {
    float* const from = memory.data<float>() + window * rows * size;
    const dim_t length = numbers(from, rows, size);
    std::fill(from + length * size, from + rows * size, 0.0f);
    lengths.push_back(static_cast<int32_t>(length));
  }
  const auto is_short = [&](int32_t length) { return length < rows; };
  if (std::any_of(lengths.begin(), lengths.end(), is_short)) {
    state.insert_or_assign("memory_lengths", StorageView({windows}, lengths));
  }
}

}  // namespace

namespace ctranslate2 {
namespace layers {

void WhisperEncoder::operator()(const StorageView& features, StorageView& output) {
  static const auto library = next<void (*)(WhisperEncoder*, const StorageView&, StorageView&)>(
      "_ZN11ctranslate26layers14WhisperEncoderclERKNS_11StorageViewERS2_");
  if (features.rank() != 3 || features.device() != Device::CPU || features.dtype() != DataType::FLOAT32) {
    library(this, features, output);
    return;
  }
  thread_local std::vector<Encoded> kept;
  const dim_t windows = features.dim(0), bands = features.dim(1), frames = features.dim(2);
  if (windows == 1) {
    const auto is_same = [&](const Encoded& one) { return one.encoder == this && are_equal(one.features, features); };
    const auto found = std::find_if(kept.begin(), kept.end(), is_same);
    if (found != kept.end()) {
      output = found->rows;
      return;
    }
  }
  kept.clear();
  for (dim_t window = 0; window < windows; ++window) {
    const float* const from = features.data<float>() + window * bands * frames;
    const dim_t length = numbers(from, frames, 1);
    Encoded one = {this, StorageView({1, bands, length}, DataType::FLOAT32), StorageView(DataType::FLOAT32)};
    for (dim_t band = 0; band < bands; ++band) {
      std::copy_n(from + band * frames, length, one.features.data<float>() + band * length);
    }
    library(this, one.features, one.rows);
    kept.push_back(std::move(one));
  }
  if (windows == 1) {
    output = kept.front().rows;
    return;
  }
  dim_t rows = 0;
  for (const Encoded& one : kept) rows = std::max(rows, one.rows.dim(1));
  output.resize({windows, rows, output_size()});
  std::fill_n(output.data<float>(), output.size(), kNone);
  for (dim_t window = 0; window < windows; ++window) {
    const StorageView& encoded = kept[window].rows;
    std::copy_n(encoded.data<float>(), encoded.size(), output.data<float>() + window * output.stride(0));
  }
}

void WhisperDecoder::forward_prompt(const StorageView& prompt, DecoderState& state, StorageView* outputs) {
  static const auto library = next<void (*)(WhisperDecoder*, const StorageView&, DecoderState&, StorageView*)>(
      "_ZN11ctranslate26layers14WhisperDecoder14forward_promptERKNS_11StorageViewERSt13unordered_mapINSt7__cxx1112basic_"
      "stringIcSt11char_traitsIcESaIcEEES2_St4hashISB_ESt8equal_toISB_ESaISt4pairIKSB_S2_EEEPS2_");
  tell_lengths(state);
  library(this, prompt, state, outputs);
}

}  // namespace layers
}  // namespace ctranslate2
