/* First touch of fresh anonymous pages: what the running kernel takes for a page, in nanoseconds of processor time. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return t.tv_sec * 1e9 + t.tv_nsec;
}

int main(int argc, char **argv)
{
	long pages = argc > 1 ? atol(argv[1]) : 100000;
	size_t size = pages * 4096ul;
	char *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	double start;

	if (memory == MAP_FAILED)
		return 1;
	madvise(memory, size, MADV_NOHUGEPAGE);
	start = now();
	for (long i = 0; i < pages; i++)
		memory[i * 4096] = 17;
	printf("%f\n", (now() - start) / pages);
	return 0;
}
