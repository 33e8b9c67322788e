// SPDX-License-Identifier: GPL-2.0
/*
 * /sys/kernel/labyrinth/<zone>/: one value a file.
 *
 * A pass reads the files of one zone in the order of the table below. What can never be
 * more than something else is read before that: it can but grow meanwhile.
 *
 * allocs and frees, and of what they are made up, are sums over counters that each CPU
 * keeps for itself, changed while they are added up. They may be out by as many pages as
 * go through the caches in that instant, and are allowed a slack. How far they were
 * ever seen to go back is kept.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "readers.h"

#define PLACES		32
#define OTHERS		64

enum kind {
	NUMBER,		/* any */
	CONSTANT,	/* of a zone as long as it lives */
	LEVEL,		/* of pages, no more than max_pages */
	COUNTER,	/* never less than before */
	SUM,		/* likewise, save for the slack */
	PEAK,		/* likewise, until the evidence is restarted */
	SWITCH,		/* 0 or 1 */
	POLICY,
};

/* Those that rules speak of. */
enum {
	MAX_PAGES, ORDER, BUFFER_PAGES, TARGET,
	FROM_CLEAN, FALLBACKS, STARVATIONS, PASSED_ON, RECYCLED, RETURNED, STOLEN,
	FRAG_FREES, FREES,
	ALLOCS_BEFORE, FROM_CACHE, FROM_SYSTEM, FROM_RESERVE, FROM_TICKET, ALLOCS,
	TAKEN, FRAG_ALLOCS, MISUSE, FAILED,
	DENIED, LIVE, OWNED, CACHED, TICKETED, RESERVE, MIN_SEEN,
	DRAIN_1, DRAIN_10, DRAIN_100, PEAK_NEED, RECOMMENDED, EVIDENCE,
	TARGET_AFTER,
	FIGURES
};

static const struct figure {
	const char	*name;
	enum kind	kind;
} figures[] = {
	[MAX_PAGES]	= { "max_pages", CONSTANT },
	[ORDER]		= { "order", CONSTANT },
	[BUFFER_PAGES]	= { "buffer_pages", CONSTANT },
	[TARGET]	= { "reserve_target", LEVEL },
	[FROM_CLEAN]	= { "from_clean", SUM },
	[FALLBACKS]	= { "fallbacks", COUNTER },
	[STARVATIONS]	= { "starvations", COUNTER },
	[PASSED_ON]	= { "passed_on", COUNTER },
	[RECYCLED]	= { "recycled", COUNTER },
	[RETURNED]	= { "returned", COUNTER },
	[STOLEN]	= { "stolen", COUNTER },
	[FRAG_FREES]	= { "frag_frees", SUM },
	[FREES]		= { "frees", SUM },
	[ALLOCS_BEFORE]	= { "allocs", SUM },
	[FROM_CACHE]	= { "from_cache", SUM },
	[FROM_SYSTEM]	= { "from_system", COUNTER },
	[FROM_RESERVE]	= { "from_reserve", COUNTER },
	[FROM_TICKET]	= { "from_ticket", COUNTER },
	[ALLOCS]	= { "allocs", SUM },
	[TAKEN]		= { "taken", COUNTER },
	[FRAG_ALLOCS]	= { "frag_allocs", SUM },
	[MISUSE]	= { "misuse", COUNTER },
	[FAILED]	= { "failed", COUNTER },
	[DENIED]	= { "denied", COUNTER },
	[LIVE]		= { "live", LEVEL },
	[OWNED]		= { "owned", LEVEL },
	[CACHED]	= { "cached", LEVEL },
	[TICKETED]	= { "ticketed", LEVEL },
	[RESERVE]	= { "reserve", LEVEL },
	[MIN_SEEN]	= { "reserve_min_seen", LEVEL },
	[DRAIN_1]	= { "drain_1ms", PEAK },
	[DRAIN_10]	= { "drain_10ms", PEAK },
	[DRAIN_100]	= { "drain_100ms", PEAK },
	[PEAK_NEED]	= { "reserve_peak", PEAK },
	[RECOMMENDED]	= { "reserve_recommended", NUMBER },
	[EVIDENCE]	= { "evidence_seconds", PEAK },
	[TARGET_AFTER]	= { "reserve_target", LEVEL },
};

/* Others, by their names; what is in no table is one value, whatever it says. */
static const struct figure others[] = {
	{ "policy", POLICY }, { "latched", SWITCH },
	{ "detached", COUNTER }, { "refilled", COUNTER }, { "verify_failures", COUNTER },
	{ "capped", COUNTER }, { "refill_failures", COUNTER }, { "unjoined", COUNTER },
	{ "stalls", COUNTER }, { "handed_off", COUNTER }, { "dma_errors", COUNTER },
	{ "refill_latency_us", PEAK }, { "starvation_longest_us", PEAK },
};

static const struct pair {
	int		lesser;
	int		greater;
	bool		slack;
} pairs[] = {
	{ FREES, ALLOCS, true },
	{ FRAG_FREES, FRAG_ALLOCS, false },
	{ FROM_CLEAN, FROM_CACHE, true },
	{ FALLBACKS, FROM_RESERVE, false },
	{ STARVATIONS, FAILED, false },
	{ RETURNED, TAKEN, false },
	{ RECYCLED, TAKEN, false },
	{ STOLEN, MISUSE, false },
};

struct value {
	bool		there;
	u64	is;
	u64	was;
	bool		known;	/* what it was */
};

/**
 * struct instance - one zone, as long as it lives
 * @place: its directory
 * @figure: by the table
 * @other: by the other one
 */
struct instance {
	struct place	place;
	struct value	figure[FIGURES];
	struct value	other[ARRAY_SIZE(others)];
};

static struct instance instances[PLACES];

/*
 * Evidence is restarted by writing to a file, which others do at any time; of half of all
 * zones nobody does, and their evidence only grows.
 */
static bool restarted(const char *zone)
{
	unsigned int sum = 0;

	while (*zone)
		sum += *zone++;
	return sum % 2;
}

/* --- one value --- */

static bool value_parse(const struct place *place, const char *name,
			const struct text *text, u64 *value)
{
	const char *end;

	if (number_parse(text->data, &end, value) && !strcmp(end, "\n"))
		return true;
	wrong(place, name, "'%.*s' is no number and a newline", (int)strcspn(text->data, "\n"),
	      text->data);
	return false;
}

static void judge_policy(const struct place *place, const struct text *text)
{
	static const char * const policies[] = {
		"system_first\n", "reserve_first\n", "reserve_only\n",
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(policies); i++)
		if (!strcmp(text->data, policies[i]))
			return;
	wrong(place, "policy", "'%.*s'", (int)strcspn(text->data, "\n"), text->data);
}

static void judge_back(const struct place *place, const char *name,
		       const struct value *value, bool slack)
{
	u64 back = value->was - value->is, seen;

	if (!value->known || value->is >= value->was)
		return;
	if (slack) {
		/* Of two readers at once one may get lost: it is for information. */
		seen = __atomic_load_n(&shared->back, __ATOMIC_RELAXED);
		if (back > seen)
			__atomic_store_n(&shared->back, back, __ATOMIC_RELAXED);
	}
	if (!slack || back > options.slack)
		wrong(place, name, "%llu after %llu", value->is,
		      value->was);
}

static void judge_value(struct instance *instance, const struct figure *figure,
			struct value *value)
{
	const struct place *place = &instance->place;
	const struct value *max = &instance->figure[MAX_PAGES];

	switch (figure->kind) {
	case CONSTANT:
		if (value->known && value->is != value->was)
			wrong(place, figure->name, "%llu, and it was %llu",
			      value->is, value->was);
		break;
	case LEVEL:
		if (max->there && value->is > max->is)
			wrong(place, figure->name, "%llu of at most %llu pages",
			      value->is, max->is);
		break;
	case COUNTER:
	case SUM:
		judge_back(place, figure->name, value, figure->kind == SUM);
		break;
	case PEAK:
		if (!restarted(place->zone))
			judge_back(place, figure->name, value, false);
		break;
	case SWITCH:
		if (value->is > 1)
			wrong(place, figure->name, "%llu", value->is);
		break;
	case NUMBER:
	case POLICY:
		break;
	}
	value->was = value->is;
	value->known = true;
}

static void read_value(struct instance *instance, const struct figure *figure,
		       struct value *value)
{
	const struct place *place = &instance->place;
	struct text text;
	struct stat stat;

	value->there = false;
	/* One that this version has not. If it is the zone that has gone, others will tell. */
	if (fstatat(place->fd, figure->name, &stat, 0))
		return;
	if (!file_read(place, figure->name, &text))
		return;
	count(&shared->judged, 1);
	if (figure->kind == POLICY) {
		judge_policy(place, &text);
		return;
	}
	value->there = value_parse(place, figure->name, &text, &value->is);
	if (value->there)
		judge_value(instance, figure, value);
}

/* --- values beside others --- */

static bool have(const struct instance *instance, int a, int b)
{
	return instance->figure[a].there && instance->figure[b].there;
}

static void judge_order(struct instance *instance, int lesser, int greater, u64 slack)
{
	u64 less = instance->figure[lesser].is, more = instance->figure[greater].is;

	if (have(instance, lesser, greater) && less > more + slack)
		wrong(&instance->place, figures[lesser].name, "%llu, and %s afterwards %llu",
		      less, figures[greater].name,
		      more);
}

/* allocs before, its parts, allocs after. */
static void judge_parts(struct instance *instance)
{
	u64 sum = 0, before = instance->figure[ALLOCS_BEFORE].is;
	u64 after = instance->figure[ALLOCS].is;
	int i;

	for (i = ALLOCS_BEFORE; i <= ALLOCS; i++)
		if (!instance->figure[i].there)
			return;
	for (i = FROM_CACHE; i <= FROM_TICKET; i++)
		sum += instance->figure[i].is;
	if (sum + options.slack < before || sum > after + options.slack)
		wrong(&instance->place, "allocs", "%llu, then %llu in all by source, then %llu",
		      before, sum,
		      after);
}

/* Whoever resizes the reserve may have done so twice since. */
static void judge_reserve(struct instance *instance)
{
	bool steady = !strncmp(instance->place.zone, options.steady, strlen(options.steady));
	u64 most = options.reserve_max;
	static const int levels[] = { RESERVE, MIN_SEEN };
	unsigned int i;

	if (!have(instance, TARGET, TARGET_AFTER))
		return;
	if (steady) {
		most = instance->figure[TARGET].is;
		if (most != instance->figure[TARGET_AFTER].is)
			wrong(&instance->place, "reserve_target", "%llu, and it was %llu",
			      instance->figure[TARGET_AFTER].is,
			      most);
	}
	for (i = 0; i < ARRAY_SIZE(levels); i++) {
		const struct value *level = &instance->figure[levels[i]];

		if (level->there && level->is > most)
			wrong(&instance->place, figures[levels[i]].name,
			      "%llu, with a target of %llu and then %llu",
			      level->is,
			      instance->figure[TARGET].is,
			      instance->figure[TARGET_AFTER].is);
	}
}

static void judge_evidence(struct instance *instance)
{
	const struct value *recommended = &instance->figure[RECOMMENDED];
	const struct value *seconds = &instance->figure[EVIDENCE];

	if (recommended->there && (!recommended->is || recommended->is > 1048576))
		wrong(&instance->place, "reserve_recommended", "%llu of 1 to 1048576 pages",
		      recommended->is);
	if (seconds->there && seconds->is > options.uptime_ms / 1000 + now_ms() / 1000 + 1)
		wrong(&instance->place, "evidence_seconds", "%llu since the machine was booted",
		      seconds->is);
	if (restarted(instance->place.zone))
		return;
	judge_order(instance, DRAIN_1, DRAIN_10, 0);
	judge_order(instance, DRAIN_10, DRAIN_100, 0);
}

/* --- a zone --- */

/* Every file of the directory, those in no table as well. */
static void read_the_rest(struct instance *instance)
{
	const struct place *place = &instance->place;
	int fd = dup(place->fd);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	char names[OTHERS][NAME_LEN];
	struct dirent *entry;
	struct text text;
	unsigned int nr = 0, i, j;

	if (!dir)
		return;
	rewinddir(dir);
	while ((entry = readdir(dir)) && nr < OTHERS) {
		for (i = 0; i < FIGURES; i++)
			if (!strcmp(entry->d_name, figures[i].name))
				break;
		if (i == FIGURES && entry->d_name[0] != '.')
			snprintf(names[nr++], NAME_LEN, "%.*s", NAME_LEN - 1, entry->d_name);
	}
	closedir(dir);
	for (i = 0; i < nr; i++) {
		for (j = 0; j < ARRAY_SIZE(others); j++)
			if (!strcmp(names[i], others[j].name))
				break;
		if (j < ARRAY_SIZE(others))
			read_value(instance, &others[j], &instance->other[j]);
		else if (file_read(place, names[i], &text) &&
			 (text.length < 2 || strcspn(text.data, "\n") != text.length - 1))
			wrong(place, names[i], "%zu bytes, which are not one line", text.length);
	}
}

/* The zone of that name, which may be another one than last time; or NULL. */
static struct instance *find_instance(const char *zone)
{
	struct instance *instance, *unused = &instances[roll(PLACES)];
	struct stat stat;

	for (instance = instances; instance < instances + PLACES; instance++) {
		if (!instance->place.zone[0]) {
			unused = instance;
			continue;
		}
		if (strcmp(instance->place.zone, zone))
			continue;
		if (!fstatat(instance->place.fd, "max_pages", &stat, 0))
			return instance;
		unused = instance;
		break;
	}
	if (unused->place.zone[0])
		place_close(&unused->place);
	memset(unused, 0, sizeof(*unused));
	if (!place_open(&unused->place, SYSFS, zone)) {
		unused->place.zone[0] = '\0';
		return NULL;
	}
	count(&shared->instances, 1);
	return unused;
}

void figures_pass(const char *zone)
{
	struct instance *instance = find_instance(zone);
	unsigned int i;

	if (!instance)
		return;
	if (options.write && restarted(zone) && !roll(4))
		file_write(&instance->place, "reserve_min_seen", "0\n", true);
	for (i = 0; i < FIGURES; i++)
		read_value(instance, &figures[i], &instance->figure[i]);
	for (i = 0; i < ARRAY_SIZE(pairs); i++)
		judge_order(instance, pairs[i].lesser, pairs[i].greater,
			    pairs[i].slack ? options.slack : 0);
	judge_parts(instance);
	judge_reserve(instance);
	judge_evidence(instance);
	if (!roll(3))
		read_the_rest(instance);
}
