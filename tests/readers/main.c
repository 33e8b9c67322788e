// SPDX-License-Identifier: GPL-2.0
/*
 * readers: read every file of Labyrinth's, over and over, and say what cannot be true.
 *
 * It is meant for a machine on which zones are tortured meanwhile: scripts/check-readers.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "readers.h"

#define PROCESSES_MAX	32
#define ZONES_MAX	64
#define DEPTH_MAX	4

struct shared *shared;
struct options options = {
	.root = { "/sys/kernel/labyrinth", "/sys/kernel/debug/labyrinth" },
	.steady = "transient",
	.reserve_max = ~0ULL,
};

static void help(FILE *to)
{
	fputs("usage: readers [OPTION]…\n"
	      "\n"
	      "Reads every file below /sys/kernel/labyrinth and /sys/kernel/debug/labyrinth with\n"
	      "several processes, until it is sent SIGTERM, and prints a line \"WRONG: …\" for what\n"
	      "cannot be true, and at last how often it read which file, and\n"
	      "  READERS reads=… judged=… writes=… vanished=… no_memory=… instances=… back=… wrong=…\n"
	      "The exit status is 0 if nothing was wrong, 1 if something was, 2 if it could not run.\n"
	      "\n"
	      "  -s DIR      instead of /sys/kernel/labyrinth\n"
	      "  -d DIR      instead of /sys/kernel/debug/labyrinth\n"
	      "  -p N        processes (4)\n"
	      "  -n N        end after N passes of each process\n"
	      "  -r PAGES    nobody has a reserve hold more\n"
	      "  -z PREFIX   zones with such names are never resized (transient)\n"
	      "  -b PAGES    sums over the CPUs' own counters may be out by that (0)\n"
	      "  -u MS       no age may exceed that (what the machine has been up for)\n"
	      "  -q          never rest in the midst of a file\n"
	      "  -S N        what random decisions follow from (1)\n"
	      "  -w          write to reserve_min_seen and stack_sample, too\n", to);
}

/* --- zones, and the files of one --- */

static unsigned int list_zones(enum tree tree, char zones[ZONES_MAX][NAME_LEN])
{
	DIR *dir = opendir(options.root[tree]);
	struct dirent *entry;
	unsigned int nr = 0;

	if (!dir)
		return 0;
	while (nr < ZONES_MAX && (entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			snprintf(zones[nr++], NAME_LEN, "%.*s", NAME_LEN - 1, entry->d_name);
	closedir(dir);
	return nr;
}

static void write_sample(const struct place *place)
{
	static const char * const values[] = {
		"0\n", "1\n", "7\n", "1000\n", "4294967296\n", "many\n",
	};
	unsigned int i = roll(ARRAY_SIZE(values));

	file_write(place, "stack_sample", values[i], i >= 4);
}

static void read_one(const struct place *place, const char *name)
{
	struct text text;

	if (!roll(8)) {
		file_disturb(place, name);
		return;
	}
	if (file_read(place, name, &text))
		listing_judge(place, name, &text);
}

/* @path: relative to the zone, "" for its own directory */
static void read_tree(const struct place *place, const char *path, unsigned int depth)
{
	int fd = openat(place->fd, *path ? path : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	char name[NAME_LEN];
	struct dirent *entry;
	struct stat stat;

	if (!dir) {
		if (fd >= 0)
			close(fd);
		return;
	}
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		if ((size_t)snprintf(name, sizeof(name), "%s%s%s", path, *path ? "/" : "",
				     entry->d_name) >= sizeof(name))
			continue;
		if (fstatat(place->fd, name, &stat, AT_SYMLINK_NOFOLLOW))
			continue;
		if (S_ISDIR(stat.st_mode) && depth < DEPTH_MAX)
			read_tree(place, name, depth + 1);
		else if (S_ISREG(stat.st_mode) && (stat.st_mode & 0444))
			read_one(place, name);
		if (options.write && !strcmp(name, "stack_sample") && !roll(4))
			write_sample(place);
	}
	closedir(dir);
}

static void listings_pass(const char *zone)
{
	struct place place;

	if (!place_open(&place, DEBUGFS, zone))
		return;
	read_tree(&place, "", 0);
	place_close(&place);
}

static void pass(void)
{
	static char zones[ZONES_MAX][NAME_LEN];
	enum tree tree = roll(3) ? SYSFS : DEBUGFS;
	unsigned int nr = list_zones(tree, zones);

	if (!nr)
		return;
	if (tree == SYSFS)
		figures_pass(zones[roll(nr)]);
	else
		listings_pass(zones[roll(nr)]);
}

/* --- processes --- */

static void reader(unsigned int seed, unsigned long passes)
{
	roll_seed(seed);
	file_init();
	while (!__atomic_load_n(&shared->stop, __ATOMIC_RELAXED)) {
		pass();
		if (passes && !--passes)
			break;
	}
	_exit(0);
}

static void stop(int signal)
{
	(void)signal;
	shared->stop = 1;
}

/* All memory is taken away now and then: what is needed is there before. */
static int prepare(void)
{
	struct sigaction action = { .sa_handler = stop };
	int fd;

	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		return -1;
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	fd = open("/proc/self/oom_score_adj", O_WRONLY);
	if (fd >= 0) {
		/* Who may not has no guest of his own to torture, either. */
		if (write(fd, "-1000", 5) < 0)
			errno = 0;
		close(fd);
	}
	return 0;
}

/* Children have it of their parent only until they run, and locks not at all. */
static bool start(unsigned int nr, unsigned int seed, unsigned long passes)
{
	unsigned int i;

	fflush(stdout);
	for (i = 0; i < nr; i++) {
		pid_t pid = fork();

		if (pid < 0)
			return false;
		if (!pid) {
			mlockall(MCL_CURRENT | MCL_FUTURE);
			reader(seed * PROCESSES_MAX + i, passes);
		}
	}
	return true;
}

static bool wait_all(void)
{
	bool ok = true;
	int status;
	pid_t pid;

	for (;;) {
		pid = wait(&status);
		if (pid < 0 && errno == EINTR)
			continue;
		if (pid < 0)
			return ok;
		if (WIFSIGNALED(status) || WEXITSTATUS(status)) {
			printf("WRONG: a reader ended with status %#x\n", status);
			count(&shared->wrong, 1);
			ok = false;
		}
	}
}

static void print_all(void)
{
	unsigned int i;

	for (i = 0; i < FILES_MAX && shared->file[i].name[0]; i++)
		printf("FILE %s %llu\n", shared->file[i].name,
		       shared->file[i].reads);
	printf("READERS reads=%llu judged=%llu writes=%llu vanished=%llu no_memory=%llu ",
	       shared->reads, shared->judged, shared->writes, shared->vanished,
	       shared->no_memory);
	printf("instances=%llu back=%llu wrong=%llu\n", shared->instances, shared->back,
	       shared->wrong);
}

static bool parse_number(char option, const char *from, u64 *value)
{
	const char *end;

	if (number_parse(from, &end, value) && !*end)
		return true;
	fprintf(stderr, "readers: -%c '%s', allowed: a whole number\n", option, from);
	return false;
}

int main(int argc, char **argv)
{
	u64 processes = 4, passes = 0, seed = 1;
	bool ok = true;
	int option;

	while ((option = getopt(argc, argv, "hs:d:p:n:r:z:b:u:S:qw")) != -1) {
		switch (option) {
		case 'h':
			help(stdout);
			return 0;
		case 's':
			options.root[SYSFS] = optarg;
			break;
		case 'd':
			options.root[DEBUGFS] = optarg;
			break;
		case 'z':
			options.steady = optarg;
			break;
		case 'q':
			options.quick = true;
			break;
		case 'w':
			options.write = true;
			break;
		case 'p':
			ok &= parse_number(option, optarg, &processes);
			break;
		case 'n':
			ok &= parse_number(option, optarg, &passes);
			break;
		case 'r':
			ok &= parse_number(option, optarg, &options.reserve_max);
			break;
		case 'b':
			ok &= parse_number(option, optarg, &options.slack);
			break;
		case 'u':
			ok &= parse_number(option, optarg, &options.uptime_ms);
			break;
		case 'S':
			ok &= parse_number(option, optarg, &seed);
			break;
		default:
			ok = false;
		}
	}
	if (!ok || optind < argc || processes < 1 || processes > PROCESSES_MAX) {
		help(stderr);
		return 2;
	}
	if (prepare() || !start(processes, seed, passes)) {
		perror("readers");
		return 2;
	}
	wait_all();
	print_all();
	return shared->wrong ? 1 : 0;
}
