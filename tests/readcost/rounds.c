// SPDX-License-Identifier: GPL-2.0
/*
 * rounds: pairs in a second of labyrinth_readcost.ko's zone "busy", while another process
 * on another CPU reads the files of that zone, or those of "calm", or nothing.
 *
 * To read is to use a CPU, the caches and, where the CPUs are threads of somebody else's
 * machine, his time. All of that is there as well while a zone is read that nobody uses,
 * and it is against this that the busy one is compared, in turns. What is left is what
 * readers and the zone have to do with each other.
 *
 * The machine may have other things to do. What it takes away from some of the rounds is
 * not in the best tenth of them: "undisturbed" compares the least of that of one kind
 * with that of the other.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define RATE		"/sys/module/labyrinth_readcost/parameters/rate"
#define DEBUGFS		"/sys/kernel/debug/labyrinth"
#define SYSFS		"/sys/kernel/labyrinth"
#define ROUNDS_MAX	1000

enum mode { NOTHING, CALM, BUSY, MODES };

static const char * const zones[MODES] = { NULL, "calm", "busy" };
static const char * const names[MODES] = { "nothing", "calm", "busy" };

/* What all that there is to read is made of. */
#define FILES		5

static const char * const files[FILES] = {
	DEBUGFS "/%s/registry", DEBUGFS "/%s/owners", DEBUGFS "/%s/ages",
	DEBUGFS "/%s/placement", SYSFS "/%s/live",
};

/**
 * struct shared - between the two processes
 * @mode: what to read
 * @reads: files that were read, by mode
 */
static struct shared {
	int		mode;
	unsigned long	reads[MODES];
} *shared;

static void die(const char *what)
{
	perror(what);
	exit(2);
}

static void on_cpu(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		die("sched_setaffinity");
}

static void rest_ms(unsigned int ms)
{
	const struct timespec rest = { .tv_nsec = ms * 1000000L };

	nanosleep(&rest, NULL);
}

static void read_file(const char *format, enum mode mode)
{
	static char piece[65536];
	char path[128];
	ssize_t got;
	int fd;

	snprintf(path, sizeof(path), format, zones[mode]);
	fd = open(path, O_RDONLY);
	/* One that this version has not. */
	if (fd < 0)
		return;
	do
		got = read(fd, piece, sizeof(piece));
	while (got > 0);
	if (got < 0)
		die(path);
	close(fd);
	shared->reads[mode]++;
}

static void reader(void)
{
	unsigned int i;

	on_cpu(1);
	for (;;) {
		enum mode mode = __atomic_load_n(&shared->mode, __ATOMIC_RELAXED);

		if (mode == NOTHING) {
			rest_ms(1);
			continue;
		}
		for (i = 0; i < FILES; i++)
			read_file(files[i], mode);
	}
}

/* Pairs in a second. */
static double measure(enum mode mode, const char *ms)
{
	char text[32] = "";
	int fd = open(RATE, O_RDWR);

	if (fd < 0)
		die(RATE);
	__atomic_store_n(&shared->mode, mode, __ATOMIC_RELAXED);
	/* The last of what it read before. */
	rest_ms(5);
	if (write(fd, ms, strlen(ms)) < 0 || pread(fd, text, sizeof(text) - 1, 0) < 0)
		die(RATE);
	close(fd);
	return atof(text);
}

static int compare(const void *a, const void *b)
{
	double first = *(const double *)a, second = *(const double *)b;

	return first < second ? -1 : first > second;
}

/* What so many percent of the values, which are sorted, are below of. */
static double percentile(const double *value, unsigned int nr, unsigned int percent)
{
	return value[(nr - 1) * percent / 100];
}

int main(int argc, char **argv)
{
	static double rate[MODES][ROUNDS_MAX], ratio[ROUNDS_MAX];
	unsigned int rounds = argc == 3 ? atoi(argv[1]) : 0, round, turn;
	enum mode mode;
	pid_t pid;

	if (rounds < 3 || rounds > ROUNDS_MAX) {
		fprintf(stderr, "usage: rounds ROUNDS MS\n\nROUNDS: 3 to %u, MS: of each\n",
			ROUNDS_MAX);
		return 2;
	}
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		die("mmap");
	pid = fork();
	if (pid < 0)
		die("fork");
	if (!pid)
		reader();
	on_cpu(0);
	for (round = 0; round < rounds; round++) {
		/* Whatever gets slower meanwhile does so for both. */
		for (turn = 0; turn < MODES; turn++) {
			mode = round % 2 ? MODES - 1 - turn : turn;
			rate[mode][round] = measure(mode, argv[2]);
		}
		ratio[round] = rate[BUSY][round] / rate[CALM][round];
	}
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	for (mode = NOTHING; mode < MODES; mode++) {
		qsort(rate[mode], rounds, sizeof(double), compare);
		printf("RATE reading=%s pairs_per_second=%.0f undisturbed=%.0f files_read=%lu\n",
		       names[mode], percentile(rate[mode], rounds, 50),
		       percentile(rate[mode], rounds, 90), shared->reads[mode]);
	}
	qsort(ratio, rounds, sizeof(double), compare);
	printf("READCOST rounds=%u busy_to_calm=%.4f undisturbed=%.4f\n", rounds,
	       percentile(ratio, rounds, 50),
	       percentile(rate[BUSY], rounds, 90) / percentile(rate[CALM], rounds, 90));
	return 0;
}
