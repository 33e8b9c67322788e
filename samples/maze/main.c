// SPDX-License-Identifier: GPL-2.0
/*
 * maze: a consumer that shows what Labyrinth is for.
 *
 * A robot explores a maze and maps it. Its LiDAR delivers in a hard interrupt,
 * what it sees needs a page at once, and the pages are kept as long as the map
 * is: nothing is freed back before the module is unloaded. The parameter
 * ``provider`` says where the pages come from; everything else stays the same,
 * so that the maps can be compared.
 *
 * Start order: world, provider, map, robot, and debugfs last, as that is where
 * commands come from. Stop in reverse: once debugfs is gone nobody can start the
 * robot, once the robot is gone nobody asks for pages.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>
#include <linux/moduleparam.h>

#include "maze.h"

/* Where the map's pages come from: buddy, mempool or labyrinth. */
static char *provider = "labyrinth";
module_param(provider, charp, 0444);
MODULE_PARM_DESC(provider, "where pages come from: buddy, mempool or labyrinth (default labyrinth)");

/* Pages set aside by a provider that can do so: 1 to 1024, default 256. */
static unsigned int reserve = 256;
module_param(reserve, uint, 0444);
MODULE_PARM_DESC(reserve, "pages set aside by mempool and labyrinth, 1..1024 (default 256)");

/* What the maze is made from: any number, default 1. */
static unsigned int seed = 1;
module_param(seed, uint, 0444);
MODULE_PARM_DESC(seed, "number that the maze is made from, 0..4294967295 (default 1)");

/* Time between two ticks of the robot in microseconds: 50 to 100000, default 250. */
static unsigned int period_us = 250;
module_param(period_us, uint, 0444);
MODULE_PARM_DESC(period_us, "time between two ticks of the robot in us, 50..100000 (default 250)");

/* Counts of sectors asked for at which the robot pauses, rising, 1 to 1024; default none. */
static unsigned int pause_at[MAX_PAUSES];
static unsigned int pauses;
module_param_array(pause_at, uint, &pauses, 0444);
MODULE_PARM_DESC(pause_at, "sectors asked for at which the robot pauses, rising, 1..1024, at most 16 of them (default none)");

static struct maze maze;

static int check_range(const char *name, unsigned int value, unsigned int least,
		       unsigned int most)
{
	if (value >= least && value <= most)
		return 0;
	pr_err("%s=%u: must be %u to %u\n", name, value, least, most);
	return -EINVAL;
}

static int check_pauses(void)
{
	unsigned int least = 1;
	unsigned int i;

	for (i = 0; i < pauses; i++) {
		int ret = check_range("pause_at", pause_at[i], least, SECTORS);

		if (ret)
			return ret;
		least = pause_at[i] + 1;
	}
	return 0;
}

static int check_provider(void)
{
	const struct provider_ops *ops = provider_find(provider);

	if (!ops) {
		pr_err("provider=%s: must be buddy, mempool or labyrinth\n",
		       provider);
		return -EINVAL;
	}
	if (IS_ENABLED(CONFIG_PREEMPT_RT) && !ops->any_context) {
		pr_err("provider=%s: takes sleeping locks on PREEMPT_RT, must be labyrinth\n",
		       provider);
		return -EINVAL;
	}
	maze.provider.ops = ops;
	return 0;
}

static int check_parameters(void)
{
	return check_provider() ?:
	       check_range("reserve", reserve, 1, SECTORS) ?:
	       check_range("period_us", period_us, 50, 100000) ?:
	       check_pauses();
}

static int __init maze_init(void)
{
	int ret = check_parameters();

	if (ret)
		return ret;

	mutex_init(&maze.lock);
	maze.pause_at = pause_at;
	maze.pauses = pauses;

	ret = walls_build(&maze.walls, seed);
	if (ret)
		return ret;
	ret = maze.provider.ops->open(&maze.provider, reserve);
	if (ret)
		goto destroy_walls;
	ret = map_create(&maze.map, &maze.provider);
	if (ret)
		goto close_provider;
	ret = robot_create(&maze.robot, &maze.walls, &maze.map, period_us);
	if (ret)
		goto destroy_map;
	maze_debugfs_create(&maze);
	return 0;

destroy_map:
	map_destroy(&maze.map);
close_provider:
	maze.provider.ops->close(&maze.provider);
destroy_walls:
	walls_destroy(&maze.walls);
	return ret;
}

static void __exit maze_exit(void)
{
	maze_debugfs_remove(&maze);
	robot_destroy(&maze.robot);
	map_destroy(&maze.map);
	maze.provider.ops->close(&maze.provider);
	walls_destroy(&maze.walls);
}

module_init(maze_init);
module_exit(maze_exit);

MODULE_DESCRIPTION("A robot's map of a maze, drawn from pages taken in a hard interrupt");
MODULE_LICENSE("GPL");
LABYRINTH_IMPORT_NS;
