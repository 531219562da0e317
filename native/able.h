// What the processor can do, and what of it is to be done here.

#pragma once

#include <cstdlib>
#include <cstring>

namespace lingting {

// LINGTING_CT2_PLAIN=attention leaves attention to the library, any other value all arithmetic.
inline bool is_plain(const char* what) {
  const char* const plain = std::getenv("LINGTING_CT2_PLAIN");
  return plain != nullptr && (std::strcmp(plain, "attention") != 0 || std::strcmp(plain, what) == 0);
}

inline bool has_vnni() {
#if defined(__x86_64__)
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
         __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vnni");
#else
  return false;
#endif
}

}  // namespace lingting
