// SPDX-License-Identifier: GPL-2.0
/*
 * What the robot knows of the world: an occupancy grid, a page a sector.
 *
 * A sector's page is asked for in the interrupt in which the LiDAR first hits
 * the sector. The beam is gone in the next instant: if there is no page then,
 * what it saw cannot be stored, and the sector counts as lost for good.
 *
 * A cell is one byte: its state in the upper two bits and in the lower six how
 * far the exploration had got, in 64ths, when the cell was first seen.
 *
 * Only the robot's timer writes, and it runs on one CPU at a time. The picture
 * may be drawn at the same time: a sector's page is published with its state
 * (release in ask_for_page(), acquire in draw_pixel()), no page leaves before
 * map_destroy(), and a cell is a byte that is written once.
 */
#include <linux/mm.h>
#include <linux/vmalloc.h>

#include "maze.h"

#define CELL_UNKNOWN	0x00
#define CELL_FREE	0x40
#define CELL_WALL	0x80
#define CELL_AGE	0x3f

/* -------------------------------------------------------------- recording */

static struct sector *sector_at(const struct map *map, unsigned int x,
				unsigned int y)
{
	return &map->sectors[(y / SECTOR_CELLS) * SECTORS_A_SIDE +
			     x / SECTOR_CELLS];
}

static u8 *cell_at(const struct sector *sector, unsigned int x, unsigned int y)
{
	u8 *cells = page_address(sector->page);

	return &cells[(y % SECTOR_CELLS) * SECTOR_CELLS + x % SECTOR_CELLS];
}

/*
 * That a page came from the reserve is told by the counter, read before and after,
 * and only for the picture. It is nothing for a driver to copy: for a zone each
 * reading adds up the counts of all possible CPUs, in a hard interrupt.
 */
static void ask_for_page(struct map *map, struct sector *sector)
{
	struct provider *provider = map->provider;
	u64 before = provider->ops->from_reserve(provider);
	enum sector_state state = SECTOR_MAPPED;

	sector->page = provider->ops->take(provider);
	WRITE_ONCE(map->asked, map->asked + 1);
	if (!sector->page) {
		state = SECTOR_LOST;
		WRITE_ONCE(map->lost, map->lost + 1);
	} else if (provider->ops->from_reserve(provider) != before) {
		state = SECTOR_RESERVED;
	}
	/* Pairs with the acquire in draw_pixel(). */
	smp_store_release(&sector->state, state);
}

/**
 * map_record() - note what the LiDAR sees in a cell
 * @map: the map
 * @x: column
 * @y: row
 * @wall: a wall, or nothing
 * @age: progress of the exploration in 64ths
 *
 * Context: Hard interrupt.
 * Return: false if that takes a new page and map->limit has been reached;
 *	nothing is noted then.
 */
bool map_record(struct map *map, unsigned int x, unsigned int y, bool wall,
		unsigned int age)
{
	struct sector *sector = sector_at(map, x, y);
	u8 *cell;

	if (sector->state == SECTOR_UNSEEN) {
		if (map->asked >= map->limit)
			return false;
		ask_for_page(map, sector);
	}
	if (sector->state == SECTOR_LOST)
		return true;

	cell = cell_at(sector, x, y);
	if (*cell == CELL_UNKNOWN)
		WRITE_ONCE(*cell, (wall ? CELL_WALL : CELL_FREE) |
				  min_t(unsigned int, age, CELL_AGE));
	return true;
}

/* ---------------------------------------------------------------- picture */

/* scripts/demo-picture has a legend of these. */
struct colour {
	u8 red, green, blue;
};

static const struct colour unknown = { 0x5a, 0x60, 0x6b };
static const struct colour solid = { 0x1b, 0x22, 0x30 };
static const struct colour lost = { 0xe0, 0x1b, 0x24 };
static const struct colour lost_stripe = { 0xa0, 0x0c, 0x14 };

/* Free space by where its sector's page came from, seen early and seen late. */
static const struct colour ground[2][2] = {
	{ { 0xff, 0xff, 0xff }, { 0xc8, 0xd6, 0xe8 } },
	{ { 0x8f, 0xe3, 0xb0 }, { 0x6c, 0xd3, 0x98 } },
};

static u8 blend(unsigned int from, unsigned int to, unsigned int part,
		unsigned int whole)
{
	return (from * (whole - part) + to * part) / whole;
}

static struct colour mix(struct colour from, struct colour to,
			 unsigned int part, unsigned int whole)
{
	return (struct colour) {
		.red = blend(from.red, to.red, part, whole),
		.green = blend(from.green, to.green, part, whole),
		.blue = blend(from.blue, to.blue, part, whole),
	};
}

/* The square of cells that begins at (x, y) becomes one pixel. */
static struct colour draw_cells(const struct sector *sector, unsigned int x,
				unsigned int y, const struct colour *shades)
{
	unsigned int free = 0, walls = 0, age = 0;
	unsigned int i;

	for (i = 0; i < PICTURE_SCALE * PICTURE_SCALE; i++) {
		u8 cell = READ_ONCE(*cell_at(sector, x + i % PICTURE_SCALE,
					     y + i / PICTURE_SCALE));

		if (cell & CELL_FREE)
			free++;
		if (cell & CELL_WALL)
			walls++;
		age += cell & CELL_AGE;
	}
	if (!free && !walls)
		return unknown;
	age /= free + walls;
	return mix(mix(shades[0], shades[1], age, CELL_AGE), solid,
		   walls, free + walls);
}

static struct colour draw_pixel(const struct map *map, unsigned int x,
				unsigned int y)
{
	const struct sector *sector = sector_at(map, x, y);

	/* Pairs with the release in ask_for_page(). */
	switch (smp_load_acquire(&sector->state)) {
	case SECTOR_MAPPED:
		return draw_cells(sector, x, y, ground[0]);
	case SECTOR_RESERVED:
		return draw_cells(sector, x, y, ground[1]);
	case SECTOR_LOST:
		return (x + y) / PICTURE_SCALE % 8 < 2 ? lost_stripe : lost;
	default:
		return unknown;
	}
}

/**
 * map_draw() - the map as a picture
 * @map: the map
 * @rgb: 3 bytes for each of PICTURE_PIXELS x PICTURE_PIXELS pixels
 *
 * Context: Process context, at any time.
 */
void map_draw(const struct map *map, u8 *rgb)
{
	unsigned int x, y;

	for (y = 0; y < WORLD_CELLS; y += PICTURE_SCALE) {
		for (x = 0; x < WORLD_CELLS; x += PICTURE_SCALE) {
			struct colour colour = draw_pixel(map, x, y);

			*rgb++ = colour.red;
			*rgb++ = colour.green;
			*rgb++ = colour.blue;
		}
		cond_resched();
	}
}

/* ------------------------------------------------------------- life cycle */

int map_create(struct map *map, struct provider *provider)
{
	BUILD_BUG_ON(SECTOR_CELLS * SECTOR_CELLS > PAGE_SIZE);
	BUILD_BUG_ON(SECTOR_CELLS % PICTURE_SCALE);

	map->sectors = vzalloc(array_size(SECTORS, sizeof(*map->sectors)));
	if (!map->sectors)
		return -ENOMEM;
	map->provider = provider;
	return 0;
}

/* The robot has stopped. */
void map_destroy(struct map *map)
{
	unsigned int i;

	for (i = 0; i < SECTORS; i++)
		if (map->sectors[i].page)
			map->provider->ops->give(map->provider,
						 map->sectors[i].page);
	vfree(map->sectors);
}
