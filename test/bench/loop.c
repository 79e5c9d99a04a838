/* A loop to step through with a debugger of native code. */
int main(void)
{
	volatile int sum = 0;

	for (;;)
		sum++;
}
