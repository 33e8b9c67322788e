// SPDX-License-Identifier: GPL-2.0
/*
 * A robot with a LiDAR, in hard-interrupt context.
 *
 * Each tick of a high-resolution timer scans from where the robot stands and
 * then moves it: into a room next door that it has not been to, or back on its
 * trail. The map is not consulted, so that the way, and with it the order in
 * which sectors are asked for, depends on the seed alone and not on who provides
 * the pages.
 *
 * A tick is bounded: BEAMS beams of at most RANGE cells, BACKTRACK rooms back.
 *
 * Where the map may not ask for another page (see map->limit) the scan is given
 * up, the timer stops, and whoever waits in robot_run() is told. The next run
 * repeats that tick; cells that are known already do not change.
 *
 * State is handed over by the timer itself: robot_run() sets it up before the
 * timer starts, the timer owns it while it runs, and complete() gives it back.
 */
#include <linux/bitmap.h>
#include <linux/slab.h>

#include "../compat.h"
#include "maze.h"

#define BEAMS		128
#define RANGE		96
#define DEPTH		2	/* cells of a wall that a beam sees */
#define BACKTRACK	8
#define START_MS	50	/* for what the caller has stirred up to settle */

/*
 * A hard interrupt in any case: without PREEMPT_RT every hrtimer is one, and not
 * to insist tells lockdep that alloc_page()'s locks are allowed here.
 */
#define LIDAR_MODE	(IS_ENABLED(CONFIG_PREEMPT_RT) ? \
			 HRTIMER_MODE_REL_HARD : HRTIMER_MODE_REL)

#define ONE		65536	/* a cell, in fixed point */

/*
 * Beam @n goes to one of BEAMS points on the edge of a square around the robot.
 * Its longer component is one cell a step.
 */
static void aim(unsigned int n, int *dx, int *dy)
{
	int points = BEAMS / DIRECTIONS;
	int along = ((int)(n % points) * 2 - points) * (ONE / points);

	switch (n / points) {
	case EAST:
		*dx = ONE;
		*dy = along;
		break;
	case SOUTH:
		*dx = -along;
		*dy = ONE;
		break;
	case WEST:
		*dx = -ONE;
		*dy = -along;
		break;
	default:
		*dx = along;
		*dy = -ONE;
		break;
	}
}

/* Return: false if the map may not ask for the page that this takes. */
static bool cast_beam(struct robot *robot, unsigned int x, unsigned int y,
		      unsigned int n)
{
	unsigned int age = robot->rooms_seen * 64 / ROOMS;
	int fixed_x = x * ONE + ONE / 2;
	int fixed_y = y * ONE + ONE / 2;
	unsigned int step, depth = 0;
	int dx, dy;

	aim(n, &dx, &dy);
	for (step = 0; step < RANGE && depth < DEPTH; step++) {
		bool wall;

		fixed_x += dx;
		fixed_y += dy;
		x = fixed_x / ONE;
		y = fixed_y / ONE;
		if (fixed_x < 0 || fixed_y < 0 ||
		    x >= WORLD_CELLS || y >= WORLD_CELLS)
			break;
		wall = walls_at(robot->walls, x, y);
		if (depth && !wall)
			break;
		if (!map_record(robot->map, x, y, wall, age))
			return false;
		depth += wall;
	}
	return true;
}

static bool scan(struct robot *robot)
{
	unsigned int room = robot->trail[robot->depth];
	unsigned int middle = (ROOM_CELLS + WALL_CELLS) / 2;
	unsigned int x = (room % ROOMS_A_SIDE) * ROOM_CELLS + middle;
	unsigned int y = (room / ROOMS_A_SIDE) * ROOM_CELLS + middle;
	unsigned int n;

	for (n = 0; n < BEAMS; n++)
		if (!cast_beam(robot, x, y, n))
			return false;
	return true;
}

/* Return: false if there is no new room next door. */
static bool enter_new_room(struct robot *robot)
{
	unsigned int room = robot->trail[robot->depth];
	enum direction way;

	for (way = EAST; way < DIRECTIONS; way++) {
		int next = room_beyond(room, way);

		if (next < 0 || test_bit(next, robot->visited) ||
		    !walls_open(robot->walls, room, way))
			continue;
		__set_bit(next, robot->visited);
		robot->trail[++robot->depth] = next;
		WRITE_ONCE(robot->rooms_seen, robot->rooms_seen + 1);
		return true;
	}
	return false;
}

static enum robot_state tick(struct robot *robot)
{
	unsigned int i;

	if (!scan(robot))
		return ROBOT_PAUSED;
	for (i = 0; i < BACKTRACK; i++) {
		if (enter_new_room(robot))
			return ROBOT_RUNNING;
		if (!robot->depth)
			return ROBOT_DONE;
		robot->depth--;
	}
	return ROBOT_RUNNING;
}

static enum hrtimer_restart lidar_interrupt(struct hrtimer *timer)
{
	struct robot *robot = container_of(timer, struct robot, timer);
	enum robot_state state = tick(robot);

	if (state == ROBOT_RUNNING) {
		hrtimer_forward_now(timer, robot->period);
		return HRTIMER_RESTART;
	}
	WRITE_ONCE(robot->state, state);
	complete(&robot->halted);
	return HRTIMER_NORESTART;
}

/**
 * robot_run() - explore until the map must not ask for more, or all is seen
 * @robot: the robot
 *
 * Context: Process context, one caller at a time. Sleeps.
 * Return: 0, or -EINTR if the caller was killed; the robot has stopped where it
 *	was then.
 */
int robot_run(struct robot *robot)
{
	if (robot->state == ROBOT_DONE)
		return 0;

	reinit_completion(&robot->halted);
	WRITE_ONCE(robot->state, ROBOT_RUNNING);
	hrtimer_start(&robot->timer, ms_to_ktime(START_MS), LIDAR_MODE);
	if (!wait_for_completion_killable(&robot->halted))
		return 0;

	hrtimer_cancel(&robot->timer);
	if (robot->state == ROBOT_RUNNING)
		WRITE_ONCE(robot->state, ROBOT_PAUSED);
	return -EINTR;
}

const char *robot_state_name(const struct robot *robot)
{
	static const char * const names[] = {
		[ROBOT_IDLE] = "idle",
		[ROBOT_RUNNING] = "running",
		[ROBOT_PAUSED] = "paused",
		[ROBOT_DONE] = "done",
	};

	return names[READ_ONCE(robot->state)];
}

int robot_create(struct robot *robot, const struct walls *walls,
		 struct map *map, unsigned int period_us)
{
	BUILD_BUG_ON(ROOMS - 1 > U16_MAX);

	robot->walls = walls;
	robot->map = map;
	robot->period = ns_to_ktime(period_us * NSEC_PER_USEC);
	robot->visited = bitmap_zalloc(ROOMS, GFP_KERNEL);
	robot->trail = kvmalloc_array(ROOMS, sizeof(*robot->trail), GFP_KERNEL);
	if (!robot->visited || !robot->trail) {
		kvfree(robot->trail);
		bitmap_free(robot->visited);
		return -ENOMEM;
	}
	robot->trail[0] = 0;
	__set_bit(0, robot->visited);
	robot->rooms_seen = 1;
	init_completion(&robot->halted);
	hrtimer_setup(&robot->timer, lidar_interrupt, CLOCK_MONOTONIC,
		      LIDAR_MODE);
	return 0;
}

void robot_destroy(struct robot *robot)
{
	hrtimer_cancel(&robot->timer);
	kvfree(robot->trail);
	bitmap_free(robot->visited);
}
