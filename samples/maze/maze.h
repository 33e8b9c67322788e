/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The rooms of the maze sample, and what they tell each other.
 *
 *	main.c		parameters, life cycle
 *	debugfs.c	control, status and picture for user space
 *	robot.c		the robot and its LiDAR, in hard-interrupt context
 *	map.c		what the robot knows: one page a sector
 *	walls.c		what is really there
 *	provider.c	where pages come from
 */
#ifndef _SAMPLES_MAZE_H
#define _SAMPLES_MAZE_H

#include <linux/completion.h>
#include <linux/hrtimer.h>
#include <linux/labyrinth.h>
#include <linux/mempool.h>
#include <linux/mutex.h>
#include <linux/types.h>

/* The world is a square of cells; a room is 32 x 32 of them, walls included. */
#define WORLD_CELLS	2048U
#define ROOM_CELLS	32U
#define ROOMS_A_SIDE	(WORLD_CELLS / ROOM_CELLS)
#define ROOMS		(ROOMS_A_SIDE * ROOMS_A_SIDE)
#define WALL_CELLS	4U

/* A sector of the map has a byte for each of its 64 x 64 cells: 4 KiB. */
#define SECTOR_CELLS	64U
#define SECTORS_A_SIDE	(WORLD_CELLS / SECTOR_CELLS)
#define SECTORS		(SECTORS_A_SIDE * SECTORS_A_SIDE)

#define MAX_PAUSES	16

enum direction { EAST, SOUTH, WEST, NORTH, DIRECTIONS };

/* walls.c: a bit for each cell, set where there is a wall. */
struct walls {
	unsigned long *solid;
};

int walls_build(struct walls *walls, unsigned int seed);
void walls_destroy(struct walls *walls);
bool walls_at(const struct walls *walls, unsigned int x, unsigned int y);
bool walls_open(const struct walls *walls, unsigned int room,
		enum direction way);
int room_beyond(unsigned int room, enum direction way);

/* provider.c */
struct provider;

/**
 * struct provider_ops - one way to get pages in atomic context
 * @name: value of the module parameter ``provider``
 * @any_context: legal in a hard interrupt on PREEMPT_RT, too
 * @open: prepare, with @reserve pages set aside if the provider can do that
 * @close: undo @open; all pages have been given back
 * @take: a page of zeroes or NULL; hard-interrupt context
 * @give: take a page back; process context
 * @from_reserve: pages that came from the reserve so far; hard-interrupt context
 * @whole: fit for the next burst; process context
 */
struct provider_ops {
	const char *name;
	bool any_context;
	int (*open)(struct provider *provider, unsigned int reserve);
	void (*close)(struct provider *provider);
	struct page *(*take)(struct provider *provider);
	void (*give)(struct provider *provider, struct page *page);
	u64 (*from_reserve)(struct provider *provider);
	bool (*whole)(struct provider *provider);
};

struct provider {
	const struct provider_ops *ops;
	mempool_t *pool;
	struct labyrinth_zone *zone;
};

const struct provider_ops *provider_find(const char *name);

/* map.c */
enum sector_state {
	SECTOR_UNSEEN,
	SECTOR_MAPPED,		/* has a page */
	SECTOR_RESERVED,	/* has a page that came from the reserve */
	SECTOR_LOST,		/* asked for a page when there was none */
};

struct sector {
	enum sector_state state;
	struct page *page;
};

/**
 * struct map - the robot's occupancy grid
 * @provider: where its pages come from
 * @sectors: SECTORS of them; written by the robot only
 * @asked: pages asked for
 * @lost: of @asked, refused
 * @limit: most pages to ask for until the robot is told to go on
 */
struct map {
	struct provider *provider;
	struct sector *sectors;
	unsigned int asked;
	unsigned int lost;
	unsigned int limit;
};

int map_create(struct map *map, struct provider *provider);
void map_destroy(struct map *map);
bool map_record(struct map *map, unsigned int x, unsigned int y, bool wall,
		unsigned int age);

#define PICTURE_SCALE	4	/* cells to a side of a pixel */
#define PICTURE_PIXELS	(WORLD_CELLS / PICTURE_SCALE)

void map_draw(const struct map *map, u8 *rgb);

/* robot.c */
enum robot_state { ROBOT_IDLE, ROBOT_RUNNING, ROBOT_PAUSED, ROBOT_DONE };

/**
 * struct robot - explores the world, a room a tick at most
 * @walls: the world
 * @map: what it has seen of it
 * @timer: its LiDAR, in hard-interrupt context
 * @period: time between two ticks
 * @halted: the timer has stopped: paused or done
 * @state: see &enum robot_state
 * @visited: a bit for each room
 * @trail: the rooms that lead back to the start, ROOMS of them
 * @depth: index of the room it is in, in @trail
 * @rooms_seen: rooms visited so far
 */
struct robot {
	const struct walls *walls;
	struct map *map;
	struct hrtimer timer;
	ktime_t period;
	struct completion halted;
	enum robot_state state;
	unsigned long *visited;
	u16 *trail;
	unsigned int depth;
	unsigned int rooms_seen;
};

int robot_create(struct robot *robot, const struct walls *walls,
		 struct map *map, unsigned int period_us);
void robot_destroy(struct robot *robot);
int robot_run(struct robot *robot);
const char *robot_state_name(const struct robot *robot);

/**
 * struct maze - the sample: a world, a robot in it, its map
 * @walls: the world
 * @provider: where the map's pages come from
 * @map: what the robot knows
 * @robot: the robot
 * @lock: one command at a time
 * @pause_at: counts of sectors asked for at which the robot pauses
 * @pauses: how many
 * @next_pause: index of the next one
 * @recovered_ns: when ``recover`` last found the provider whole; 0: it did not
 * @dir: the directory in debugfs
 */
struct maze {
	struct walls walls;
	struct provider provider;
	struct map map;
	struct robot robot;
	struct mutex lock;	/* one command at a time */
	const unsigned int *pause_at;
	unsigned int pauses;
	unsigned int next_pause;
	u64 recovered_ns;
	struct dentry *dir;
};

void maze_debugfs_create(struct maze *maze);
void maze_debugfs_remove(struct maze *maze);

#endif /* _SAMPLES_MAZE_H */
