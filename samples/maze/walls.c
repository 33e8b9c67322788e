// SPDX-License-Identifier: GPL-2.0
/*
 * The world: a perfect maze.
 *
 * The rooms form a grid; a depth-first walk from the first room opens a door
 * into a random neighbour that it has not been to, and backs up where there is
 * none. That yields a spanning tree: one way, and only one, between any two
 * rooms. The walk keeps its trail on the heap, for it may be as long as there
 * are rooms. The same seed makes the same maze on every machine.
 *
 * Every room begins with WALL_CELLS of wall on its west and north side; the
 * east and south edge of the world have the last WALL_CELLS of the last rooms.
 * Built in process context before the robot starts, read-only from then on.
 */
#include <linux/bitmap.h>
#include <linux/prandom.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "maze.h"

/* The room next to @room, or -1 where the world ends. */
int room_beyond(unsigned int room, enum direction way)
{
	unsigned int x = room % ROOMS_A_SIDE;
	unsigned int y = room / ROOMS_A_SIDE;

	switch (way) {
	case EAST:
		return x + 1 < ROOMS_A_SIDE ? room + 1 : -1;
	case SOUTH:
		return y + 1 < ROOMS_A_SIDE ? room + ROOMS_A_SIDE : -1;
	case WEST:
		return x ? room - 1 : -1;
	case NORTH:
		return y ? room - ROOMS_A_SIDE : -1;
	default:
		return -1;
	}
}

bool walls_at(const struct walls *walls, unsigned int x, unsigned int y)
{
	return test_bit(y * WORLD_CELLS + x, walls->solid);
}

static void clear_cells(struct walls *walls, unsigned int x, unsigned int y,
			unsigned int width, unsigned int height)
{
	while (height--)
		bitmap_clear(walls->solid, y++ * WORLD_CELLS + x, width);
}

static void dig_room(struct walls *walls, unsigned int room)
{
	unsigned int x = (room % ROOMS_A_SIDE) * ROOM_CELLS + WALL_CELLS;
	unsigned int y = (room / ROOMS_A_SIDE) * ROOM_CELLS + WALL_CELLS;
	unsigned int side = ROOM_CELLS - WALL_CELLS;
	unsigned int end = WORLD_CELLS - WALL_CELLS;

	clear_cells(walls, x, y, min(side, end - x), min(side, end - y));
}

/* A door is as wide as its room and belongs to the one east or south of it. */
static void dig_door(struct walls *walls, unsigned int room, enum direction way)
{
	unsigned int behind = way == EAST || way == SOUTH ?
			      room_beyond(room, way) : room;
	unsigned int x = (behind % ROOMS_A_SIDE) * ROOM_CELLS;
	unsigned int y = (behind / ROOMS_A_SIDE) * ROOM_CELLS;
	unsigned int side = ROOM_CELLS - WALL_CELLS;
	unsigned int end = WORLD_CELLS - WALL_CELLS;

	if (way == EAST || way == WEST) {
		y += WALL_CELLS;
		clear_cells(walls, x, y, WALL_CELLS, min(side, end - y));
	} else {
		x += WALL_CELLS;
		clear_cells(walls, x, y, min(side, end - x), WALL_CELLS);
	}
}

/* Is there a door? */
bool walls_open(const struct walls *walls, unsigned int room,
		enum direction way)
{
	unsigned int behind, x, y;

	if (room_beyond(room, way) < 0)
		return false;

	behind = way == EAST || way == SOUTH ? room_beyond(room, way) : room;
	x = (behind % ROOMS_A_SIDE) * ROOM_CELLS;
	y = (behind / ROOMS_A_SIDE) * ROOM_CELLS;
	if (way == EAST || way == WEST)
		y += WALL_CELLS;
	else
		x += WALL_CELLS;
	return !walls_at(walls, x, y);
}

/* A random way into a room not yet dug, or DIRECTIONS. */
static enum direction pick_way(const unsigned long *dug, unsigned int room,
			       struct rnd_state *rnd)
{
	unsigned int first = prandom_u32_state(rnd);
	unsigned int i;

	for (i = 0; i < DIRECTIONS; i++) {
		enum direction way = (first + i) % DIRECTIONS;
		int next = room_beyond(room, way);

		if (next >= 0 && !test_bit(next, dug))
			return way;
	}
	return DIRECTIONS;
}

static void dig(struct walls *walls, unsigned long *dug, u16 *trail,
		unsigned int seed)
{
	struct rnd_state rnd;
	unsigned int depth = 0;
	unsigned int room = 0;

	prandom_seed_state(&rnd, seed);
	dig_room(walls, room);
	__set_bit(room, dug);
	trail[depth] = room;

	for (;;) {
		enum direction way = pick_way(dug, room, &rnd);

		if (way == DIRECTIONS) {
			if (!depth)
				return;
			room = trail[--depth];
			continue;
		}
		dig_door(walls, room, way);
		room = room_beyond(room, way);
		dig_room(walls, room);
		__set_bit(room, dug);
		trail[++depth] = room;
	}
}

int walls_build(struct walls *walls, unsigned int seed)
{
	unsigned long bytes = WORLD_CELLS / BITS_PER_BYTE * WORLD_CELLS;
	unsigned long *dug = bitmap_zalloc(ROOMS, GFP_KERNEL);
	u16 *trail = kvmalloc_array(ROOMS, sizeof(*trail), GFP_KERNEL);
	int ret = -ENOMEM;

	walls->solid = vmalloc(bytes);
	if (dug && trail && walls->solid) {
		memset(walls->solid, 0xff, bytes);
		dig(walls, dug, trail, seed);
		ret = 0;
	}
	kvfree(trail);
	bitmap_free(dug);
	if (ret)
		walls_destroy(walls);
	return ret;
}

void walls_destroy(struct walls *walls)
{
	vfree(walls->solid);
	walls->solid = NULL;
}
