// How CTranslate2 and oneDNN get their memory: they take and give back some megabytes many times a second, which the C library
// would fetch from the system anew each time, page by page. What the program itself takes is mimalloc's (docs/adr/0008).

#include <cstdlib>

#if defined(__GLIBC__)
#include <malloc.h>

namespace {

constexpr int kLargest = 64 << 20;   // larger pieces come from the system and go back to it
constexpr int kSpare = 256 << 20;    // more than this, unused at the end of a heap, goes back, too

const bool is_set = mallopt(M_MMAP_THRESHOLD, kLargest) == 1 && mallopt(M_TRIM_THRESHOLD, kSpare) == 1;

}  // namespace

#endif
