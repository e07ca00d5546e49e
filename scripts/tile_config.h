/* GCC before 11.5, 12.4 and 13.3 assumes that ldtilecfg reads 8 bytes of its operand, and drops the stores to the
 * other 56 (https://gcc.gnu.org/bugzilla/show_bug.cgi?id=114098): llama.cpp's AMX kernels then end the process.
 * scripts/environment.sh has this included in front of every source file of llama.cpp. */
#if defined(__AMX_TILE__) && defined(__GNUC__) && !defined(__clang__)
#include <immintrin.h>
#undef _tile_loadconfig
#define _tile_loadconfig(config) __asm__ volatile("ldtilecfg %0" : : "m"(*(const char(*)[64])(config)))
#endif
