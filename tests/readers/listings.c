// SPDX-License-Identifier: GPL-2.0
/*
 * /sys/kernel/debug/labyrinth/<zone>/: a line for each of many.
 *
 * Nobody is stopped while the registry is walked. A page can be in a listing twice, or
 * oftener: it was given to the system after its slot was passed, came back, and stands
 * in a slot further on. Then all lines but its first are of pages taken since the file
 * was opened. Whatever is older than that was live when the file was opened, all of it
 * at once: no page of that is there twice, and it is no more than the zone may own.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "readers.h"

#define WORDS		16
#define LINES_MAX	16384

/* Ages are counted in ticks, of up to 10 ms, and a tick may come late. */
#define AGE_SLACK_MS	100

/**
 * struct line - one line of a listing
 * @word: what stands there
 * @nr: how many
 */
struct line {
	char		*word[WORDS];
	unsigned int	nr;
};

/**
 * struct listing - a file while it is judged
 * @place: whose
 * @name: the file
 * @text: what was read
 * @max_pages: of the zone
 * @max_known: it is
 * @rows: lines so far, without the header
 * @pages: sum of them
 * @last: what the line before had, for those that are sorted
 */
struct listing {
	const struct place	*place;
	const char		*name;
	const struct text	*text;
	u64		max_pages;
	bool			max_known;
	unsigned int		rows;
	u64		pages;
	u64		last;
};

static void bad(const struct listing *listing, const char *what, const char *which)
{
	wrong(listing->place, listing->name, "%s: '%.200s'", what, which);
}

static bool word_number(const struct listing *listing, const struct line *line,
			unsigned int i, u64 *value)
{
	const char *end;

	if (number_parse(line->word[i], &end, value) && !*end)
		return true;
	bad(listing, "no number", line->word[i]);
	return false;
}

/* symbol+0x1/0x2, or what stands for one. */
static bool is_symbol(const char *word)
{
	if (!strcmp(word, "(unknown)") || !strcmp(word, "(others)"))
		return true;
	if (!isalpha((unsigned char)*word) && *word != '_')
		return false;
	while (isalnum((unsigned char)*word) || *word == '_' || *word == '.')
		word++;
	if (strncmp(word, "+0x", 3))
		return false;
	for (word += 3; isxdigit((unsigned char)*word); word++)
		;
	if (strncmp(word, "/0x", 3))
		return false;
	for (word += 3; isxdigit((unsigned char)*word); word++)
		;
	return !*word;
}

/* The last word or two: the module comes in brackets. Words that are left over are bad. */
static void judge_caller(const struct listing *listing, const struct line *line,
			 unsigned int first)
{
	unsigned int nr = line->nr - first;
	const char *module = nr == 2 ? line->word[first + 1] : "[]";

	if (nr < 1 || nr > 2 || !is_symbol(line->word[first]))
		bad(listing, "no call site", nr ? line->word[first] : "");
	else if (module[0] != '[' || module[strlen(module) - 1] != ']')
		bad(listing, "no module", module);
}

static u64 elapsed(const struct listing *listing)
{
	return listing->text->end_ms - listing->text->begin_ms + AGE_SLACK_MS;
}

static void judge_age(const struct listing *listing, u64 age)
{
	u64 uptime = options.uptime_ms ? options.uptime_ms : listing->text->end_ms;

	if (age > uptime + AGE_SLACK_MS)
		wrong(listing->place, listing->name, "%llu ms old, %llu ms after the boot",
		      age, uptime);
}

/* --- registry --- */

struct page {
	u64	pfn;
	u64	age;
};

static struct page pages[LINES_MAX];

static void row_registry(struct listing *listing, const struct line *line)
{
	static const char * const contexts[] = {
		"nmi", "hardirq", "softirq", "bh-off", "preempt-off", "task",
	};
	struct page *page = &pages[listing->rows];
	u64 order, fragments;
	unsigned int i;

	if (line->nr < 6) {
		bad(listing, "too short a line", line->word[0]);
		return;
	}
	if (!word_number(listing, line, 0, &page->pfn) ||
	    !word_number(listing, line, 1, &order) ||
	    !word_number(listing, line, 2, &page->age))
		return;
	if (listing->rows && order != listing->last)
		bad(listing, "not the order of the line before", line->word[1]);
	listing->last = order;
	judge_age(listing, page->age);
	for (i = 0; i < ARRAY_SIZE(contexts); i++)
		if (!strcmp(line->word[3], contexts[i]))
			break;
	if (i == ARRAY_SIZE(contexts))
		bad(listing, "no context", line->word[3]);
	if (strcmp(line->word[4], "-") && word_number(listing, line, 4, &fragments) &&
	    fragments > 63)
		bad(listing, "fragments", line->word[4]);
	judge_caller(listing, line, 5);
	if (page->age > elapsed(listing))
		listing->pages++;
}

static int compare_pages(const void *a, const void *b)
{
	const struct page *first = a, *second = b;

	if (first->pfn != second->pfn)
		return first->pfn < second->pfn ? -1 : 1;
	return first->age > second->age ? -1 : first->age < second->age;
}

static void end_registry(struct listing *listing)
{
	unsigned int i;

	qsort(pages, listing->rows, sizeof(pages[0]), compare_pages);
	for (i = 1; i < listing->rows; i++)
		if (pages[i].pfn == pages[i - 1].pfn && pages[i].age > elapsed(listing))
			wrong(listing->place, listing->name,
			      "page %llu twice, %llu and %llu ms old, in a read of %llu ms",
			      pages[i].pfn,
			      pages[i - 1].age,
			      pages[i].age,
			      (listing->text->end_ms -
						   listing->text->begin_ms));
}

/* --- sums --- */

static void row_owners(struct listing *listing, const struct line *line)
{
	u64 nr, bytes, oldest, most;
	bool rest = line->nr > 4 && !strcmp(line->word[4], "(others)");

	if (line->nr < 5) {
		bad(listing, "too short a line", line->word[0]);
		return;
	}
	if (!word_number(listing, line, 0, &nr) || !word_number(listing, line, 1, &bytes) ||
	    !word_number(listing, line, 2, &oldest) || !word_number(listing, line, 3, &most))
		return;
	if (!nr || bytes % nr || bytes / nr % 4096)
		bad(listing, "bytes are not those of the pages", line->word[1]);
	if (most < nr)
		bad(listing, "most is less than there are", line->word[3]);
	if (listing->rows && !rest && nr > listing->last)
		bad(listing, "more than the line before", line->word[0]);
	judge_age(listing, oldest);
	judge_caller(listing, line, 4);
	listing->last = nr;
	listing->pages += nr;
}

static void row_ages(struct listing *listing, const struct line *line)
{
	u64 from, to, nr;

	if (line->nr != 3) {
		bad(listing, "not three figures", line->word[0]);
		return;
	}
	if (!word_number(listing, line, 0, &from) || !word_number(listing, line, 1, &to) ||
	    !word_number(listing, line, 2, &nr))
		return;
	/* Powers of two, without a gap between one line and the next. */
	if (from >= to || (to & (to - 1)) || (from & (from - 1)) ||
	    (listing->rows && from != listing->last))
		bad(listing, "no step of two", line->word[1]);
	if (nr)
		judge_age(listing, from);
	listing->last = to;
	listing->pages += nr;
}

static void row_placement(struct listing *listing, const struct line *line)
{
	u64 node, live, idle;

	if (line->nr != 4) {
		bad(listing, "not four words", line->word[0]);
		return;
	}
	if (!word_number(listing, line, 0, &node) || !word_number(listing, line, 2, &live) ||
	    !word_number(listing, line, 3, &idle))
		return;
	if (!isalpha((unsigned char)line->word[1][0]))
		bad(listing, "no memory zone", line->word[1]);
	listing->pages += live + idle;
}

/* --- events --- */

static void row_events(struct listing *listing, const struct line *line)
{
	static const char * const events[] = {
		"created", "resized", "latched", "unlatched", "burst", "starved", "recovered",
		"misuse", "refill_failed", "stalled", "trimmed", "oom",
	};
	u64 seconds, micros, time;
	const char *end, *start;
	unsigned int i, detail = 3;

	if (line->nr < 3) {
		bad(listing, "too short a line", line->word[0]);
		return;
	}
	start = line->word[0];
	if (!number_parse(start, &end, &seconds) || *end != '.' ||
	    !number_parse(end + 1, &start, &micros) || *start || start - end != 7) {
		bad(listing, "no time", line->word[0]);
		return;
	}
	time = seconds * 1000000 + micros;
	if (time < listing->last)
		bad(listing, "before the line before", line->word[0]);
	if (time / 1000 > (options.uptime_ms ? options.uptime_ms : listing->text->end_ms) + 1)
		bad(listing, "a time to come", line->word[0]);
	listing->last = time;
	for (i = 0; i < ARRAY_SIZE(events); i++)
		if (!strcmp(line->word[1], events[i]))
			break;
	if (i == ARRAY_SIZE(events))
		bad(listing, "no event", line->word[1]);
	if (strcmp(line->word[2], "-") && !is_symbol(line->word[2]))
		bad(listing, "no call site", line->word[2]);
	if (line->nr > detail && line->word[detail][0] == '[')
		detail++;
	for (; detail < line->nr; detail++)
		if (!strchr(line->word[detail], '=') || line->word[detail][0] == '=')
			bad(listing, "no key=value", line->word[detail]);
}

/* --- stacks --- */

/* "<pages> pages, oldest <ms> ms", or a call of that stack. */
static void row_stacks(struct listing *listing, const struct line *line)
{
	u64 nr, oldest;

	if (line->nr <= 2) {
		judge_caller(listing, line, 0);
		return;
	}
	if (line->nr != 5 || strncmp(line->word[1], "page", 4) ||
	    strcmp(line->word[2], "oldest") || strcmp(line->word[4], "ms")) {
		bad(listing, "no head of a stack", line->word[1]);
		return;
	}
	if (!word_number(listing, line, 0, &nr) || !word_number(listing, line, 3, &oldest))
		return;
	if (listing->pages && nr > listing->last)
		bad(listing, "more than the stack before", line->word[0]);
	judge_age(listing, oldest);
	listing->last = nr;
	listing->pages += nr;
}

/* --- all of them --- */

static const struct format {
	const char	*name;
	const char	*header;	/* NULL: none is asked for */
	void		(*row)(struct listing *listing, const struct line *line);
	void		(*end)(struct listing *listing);
} formats[] = {
	{ "registry", "# pfn order age_ms context fragments caller", row_registry,
	  end_registry },
	{ "owners", "# pages bytes oldest_ms most caller", row_owners, NULL },
	{ "ages", "# from_ms to_ms pages", row_ages, NULL },
	{ "placement", "# node memzone live idle", row_placement, NULL },
	{ "events", "# time event caller detail", row_events, NULL },
	{ "stacks", NULL, row_stacks, NULL },
};

/* Words are parted in place. */
static void split(char *from, struct line *line)
{
	char *word, *rest = from;

	line->nr = 0;
	while (line->nr < WORDS && (word = strsep(&rest, " ,\t")))
		if (*word)
			line->word[line->nr++] = word;
}

static void judge_lines(struct listing *listing, const struct format *format, char *rest)
{
	struct line line;
	char *from;

	while ((from = strsep(&rest, "\n")) && rest) {
		if (!*from || *from == '#')
			continue;
		if (listing->rows == LINES_MAX) {
			bad(listing, "too many lines", "");
			return;
		}
		split(from, &line);
		if (line.nr)
			format->row(listing, &line);
		listing->rows++;
	}
	if (from && *from)
		bad(listing, "the last line has no end", from);
}

static bool zone_max_pages(const char *zone, u64 *pages)
{
	struct place place;
	const char *end;
	struct text text;
	bool ok;

	if (!place_open(&place, SYSFS, zone))
		return false;
	ok = file_read(&place, "max_pages", &text) && number_parse(text.data, &end, pages);
	place_close(&place);
	return ok;
}

/* Known to be in the format of a listing, or of no more than a few words. */
void listing_judge(const struct place *place, const char *name, const struct text *text)
{
	struct listing listing = { .place = place, .name = name };
	const struct format *format;
	struct text copy = *text;
	size_t header;

	for (format = formats; strcmp(format->name, name); format++)
		if (format == formats + ARRAY_SIZE(formats) - 1)
			return;
	count(&shared->judged, 1);
	/* What is read next takes the place of what was read. */
	copy.data = strdup(text->data);
	if (!copy.data)
		abort();
	listing.text = &copy;
	listing.max_known = zone_max_pages(place->zone, &listing.max_pages);

	header = strcspn(copy.data, "\n");
	if (format->header && (header != strlen(format->header) ||
			       strncmp(copy.data, format->header, header)))
		wrong(place, name, "the header is '%.*s'", (int)header, copy.data);
	else
		judge_lines(&listing, format, copy.data);
	if (format->end)
		format->end(&listing);
	if (listing.max_known && listing.pages > listing.max_pages)
		wrong(place, name, "%llu pages at once, of at most %llu",
		      listing.pages,
		      listing.max_pages);
	free(copy.data);
}
