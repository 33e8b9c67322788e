// SPDX-License-Identifier: GPL-2.0
/*
 * Reading a file in one of the ways in which files are read, and what may come of it.
 *
 * A zone can go while its files are read. In sysfs there is no such file then, or no
 * such device; in debugfs no such file, or an input/output error, which is what debugfs
 * itself answers to whoever has the file open. And the torture takes all memory
 * away now and then. Everything else is wrong, and so is a file that says it is gone and
 * is there still.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "readers.h"

#define GONE_TRIES	200

static char *buffer;
static u64 dice;

void file_init(void)
{
	buffer = malloc(TEXT_SIZE + 1);
	if (!buffer)
		abort();
	memset(buffer, 0, TEXT_SIZE + 1);
}

void count(u64 *counter, u64 nr)
{
	__atomic_fetch_add(counter, nr, __ATOMIC_RELAXED);
}

/* A line in one piece, as others print as well. */
void wrong(const struct place *place, const char *file, const char *format, ...)
{
	static const char * const tree[] = { "sysfs", "debugfs" };
	char line[512];
	va_list args;
	int length;

	if (__atomic_fetch_add(&shared->wrong, 1, __ATOMIC_RELAXED) >= WRONGS_TOLD)
		return;
	length = snprintf(line, sizeof(line), "WRONG: %s %s/%s: ", tree[place->tree],
			  place->zone, file);
	va_start(args, format);
	length += vsnprintf(line + length, sizeof(line) - length, format, args);
	va_end(args);
	if (length > (int)sizeof(line) - 2)
		length = sizeof(line) - 2;
	line[length++] = '\n';
	if (write(STDOUT_FILENO, line, length) < 0)
		abort();
}

void roll_seed(u32 seed)
{
	dice = seed * 2654435761U + 1;
}

/* 0 to @sides - 1 */
u32 roll(u32 sides)
{
	dice = dice * 6364136223846793005ULL + 1442695040888963407ULL;
	return (dice >> 33) % sides;
}

u64 now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000ULL + now.tv_nsec / 1000000;
}

static void rest_ms(unsigned int ms)
{
	const struct timespec rest = { .tv_nsec = ms * 1000000L };

	if (!options.quick)
		nanosleep(&rest, NULL);
}

/* --- what may happen --- */

bool place_open(struct place *place, enum tree tree, const char *zone)
{
	char path[256];

	place->tree = tree;
	snprintf(place->zone, sizeof(place->zone), "%s", zone);
	snprintf(path, sizeof(path), "%s/%s", options.root[tree], zone);
	place->fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (place->fd >= 0)
		return true;
	if (errno == ENOMEM)
		count(&shared->no_memory, 1);
	else if (errno != ENOENT)
		wrong(place, "", "the directory cannot be opened: %s", strerror(errno));
	return false;
}

void place_close(struct place *place)
{
	close(place->fd);
	place->fd = -1;
}

/* It has said so: it has to be true, and soon. */
static void must_be_gone(const struct place *place, const char *name, const char *what,
			 int error)
{
	struct stat stat;
	int i;

	count(&shared->vanished, 1);
	for (i = 0; i < GONE_TRIES; i++) {
		if (fstatat(place->fd, name, &stat, 0))
			return;
		nanosleep(&(struct timespec){ .tv_nsec = 10000000 }, NULL);
	}
	wrong(place, name, "%s: %s, but it is there", what, strerror(error));
}

static void failed(const struct place *place, const char *name, const char *what, int error)
{
	bool gone = place->tree == SYSFS ? error == ENODEV : error == EIO;

	if (!strcmp(what, "open") && error == ENOENT)
		gone = true;
	if (error == ENOMEM)
		count(&shared->no_memory, 1);
	else if (gone)
		must_be_gone(place, name, what, error);
	else
		wrong(place, name, "%s: %s", what, strerror(error));
}

/* --- ways to read --- */

static void count_file(const char *name, size_t bytes)
{
	unsigned int i;

	count(&shared->reads, 1);
	count(&shared->bytes, bytes);
	for (i = 0; i < FILES_MAX; i++) {
		char *entry = shared->file[i].name;
		char none = '\0';

		/* The first character claims it; the others are there a moment later. */
		if (__atomic_compare_exchange_n(entry, &none, name[0], false,
						__ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
			snprintf(entry + 1, NAME_LEN - 1, "%s", name + 1);
		if (!strncmp(entry, name, NAME_LEN - 1)) {
			count(&shared->file[i].reads, 1);
			return;
		}
	}
}

static int open_file(const struct place *place, const char *name, int flags)
{
	int fd = openat(place->fd, name, flags | O_CLOEXEC);

	if (fd < 0)
		failed(place, name, "open", errno);
	return fd;
}

/* As much as is wanted or there is. */
static ssize_t read_pieces(int fd, char *to, size_t size, size_t piece)
{
	size_t done = 0;
	ssize_t ret;

	while (done < size) {
		ret = read(fd, to + done, piece < size - done ? piece : size - done);
		if (ret < 0)
			return -errno;
		if (!ret)
			break;
		done += ret;
	}
	return done;
}

/* There and back: what comes is a piece of anything, but it has to come. */
static int jump_about(int fd)
{
	char piece[64];
	unsigned int i;

	for (i = 1 + roll(4); i; i--) {
		/* Not every file can be sought in; then it is read on. */
		lseek(fd, roll(16384), roll(4) ? SEEK_SET : SEEK_CUR);
		if (read(fd, piece, 1 + roll(sizeof(piece))) < 0)
			return -errno;
	}
	return lseek(fd, 0, SEEK_SET) ? -ESPIPE : 0;
}

/* False: it is not there any more, or never was. */
bool file_read(const struct place *place, const char *name, struct text *text)
{
	static const size_t pieces[] = { 1, 3, 7, 61, 509, 4096, 65536, 65536 };
	size_t piece = pieces[roll(ARRAY_SIZE(pieces))];
	unsigned int way = roll(16);
	ssize_t head = 0, ret = 0;
	int fd;

	text->begin_ms = now_ms();
	fd = open_file(place, name, O_RDONLY);
	if (fd < 0)
		return false;
	if (way == 0)
		ret = jump_about(fd);
	if (way == 1 && !ret) {
		/* What goes meanwhile waits for nobody who has merely opened a file. */
		head = read_pieces(fd, buffer, 1 + roll(40), 5);
		rest_ms(1 + roll(60));
		ret = head;
	}
	if (ret >= 0)
		ret = read_pieces(fd, buffer + head, TEXT_SIZE - head, piece);
	close(fd);
	text->end_ms = now_ms();
	if (ret == -ESPIPE)
		return false;
	if (ret < 0) {
		failed(place, name, "read", -ret);
		return false;
	}
	text->data = buffer;
	text->length = head + ret;
	buffer[text->length] = '\0';
	count_file(name, text->length);
	if (text->length == TEXT_SIZE)
		wrong(place, name, "more than %u bytes", TEXT_SIZE);
	if (strlen(buffer) != text->length)
		wrong(place, name, "a NUL at %zu of %zu bytes", strlen(buffer), text->length);
	return true;
}

/* Who reads a little and goes away, or opens and does not read at all. */
void file_disturb(const struct place *place, const char *name)
{
	char piece[8];
	int fd = open_file(place, name, O_RDONLY);

	if (fd < 0)
		return;
	if (roll(2) && read(fd, piece, 1 + roll(sizeof(piece))) < 0)
		failed(place, name, "read", errno);
	if (!roll(4))
		rest_ms(roll(30));
	close(fd);
}

void file_write(const struct place *place, const char *name, const char *value,
		bool may_be_refused)
{
	struct stat stat;
	int fd;

	if (fstatat(place->fd, name, &stat, 0) || !(stat.st_mode & 0222))
		return;
	fd = open_file(place, name, O_WRONLY);
	if (fd < 0)
		return;
	if (write(fd, value, strlen(value)) < 0 &&
	    !(may_be_refused && (errno == EINVAL || errno == ERANGE)))
		failed(place, name, "write", errno);
	close(fd);
	count(&shared->writes, 1);
}

bool number_parse(const char *from, const char **end, u64 *value)
{
	char *stop;

	if (*from < '0' || *from > '9')
		return false;
	errno = 0;
	*value = strtoull(from, &stop, 10);
	*end = stop;
	return !errno;
}
