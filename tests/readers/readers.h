/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the parts of "readers" share. It is a program, not a module: it reads whatever
 * Labyrinth shows, over and over, and says what cannot be true.
 *
 *	main -> figures, listings -> file
 *
 * Several processes read, each for itself; what they have found is in memory that they
 * share. What they judge by is what a single reader can know. He knows no moment for
 * certain at which a figure was true, only that it was between the moments before and
 * after he read it. So there are three kinds of rules: of what never changes or only
 * grows, of figures that were read in an order in which the first is never more than
 * the second, and of what cannot be exceeded at any time at all.
 */
#ifndef READERS_H
#define READERS_H

#include <stdbool.h>
#include <stddef.h>

typedef unsigned long long u64;
typedef unsigned int u32;

#define ARRAY_SIZE(array)	(sizeof(array) / sizeof((array)[0]))

#define NAME_LEN	48	/* of a file, relative to its zone */
#define FILES_MAX	128
#define WRONGS_TOLD	20
#define TEXT_SIZE	0x100000

/* Which tree a zone's directory is in, and so what an error means there. */
enum tree { SYSFS, DEBUGFS };

/**
 * struct shared - what all processes have found
 * @stop: end soon
 * @reads: files read
 * @bytes: of those
 * @judged: of @reads, those that a rule was applied to
 * @writes: values written
 * @vanished: files that went with their zone while they were read
 * @no_memory: files that could not be read for want of memory
 * @instances: zones seen to come
 * @wrong: what cannot be true
 * @back: furthest that a sum over the CPUs' own counters was seen to go back
 * @file: how often each file was read
 */
struct shared {
	int		stop;
	u64	reads;
	u64	bytes;
	u64	judged;
	u64	writes;
	u64	vanished;
	u64	no_memory;
	u64	instances;
	u64	wrong;
	u64	back;
	struct {
		char		name[NAME_LEN];
		u64	reads;
	} file[FILES_MAX];
};

/**
 * struct options - see help() in main.c
 * @root: of each tree
 * @uptime_ms: milliseconds that no age exceeds, or 0: those since the machine was booted
 * @steady: what the names of zones begin with that nobody resizes
 * @reserve_max: pages that nobody asks a reserve to hold more than
 * @slack: how much sums over the CPUs' own counters may be out
 * @quick: never rest in the midst of a file
 * @write: write to what may be written, too
 */
struct options {
	const char	*root[2];
	u64	uptime_ms;
	const char	*steady;
	u64	reserve_max;
	u64	slack;
	bool		quick;
	bool		write;
};

/**
 * struct place - a zone's directory, held open: of this one zone, whatever comes after it
 * @tree: where it is
 * @fd: the directory
 * @zone: name of the zone
 */
struct place {
	enum tree	tree;
	int		fd;
	char		zone[NAME_LEN];
};

/**
 * struct text - what was read of a file
 * @data: all of it, and a NUL
 * @length: without that
 * @begin_ms: time before it was opened
 * @end_ms: time after the last of it was read
 */
struct text {
	char		*data;
	size_t		length;
	u64	begin_ms;
	u64	end_ms;
};

extern struct shared *shared;
extern struct options options;

/* file.c */
void file_init(void);
__attribute__((format(printf, 3, 4)))
void wrong(const struct place *place, const char *file, const char *format, ...);
void count(u64 *counter, u64 nr);
u32 roll(u32 sides);
void roll_seed(u32 seed);
u64 now_ms(void);
bool place_open(struct place *place, enum tree tree, const char *zone);
void place_close(struct place *place);
bool file_read(const struct place *place, const char *name, struct text *text);
void file_disturb(const struct place *place, const char *name);
void file_write(const struct place *place, const char *name, const char *value,
		bool may_be_refused);
bool number_parse(const char *from, const char **end, u64 *value);

/* figures.c: one value a file */
void figures_pass(const char *zone);

/* listings.c: a line for each of many */
void listing_judge(const struct place *place, const char *name, const struct text *text);

#endif /* READERS_H */
