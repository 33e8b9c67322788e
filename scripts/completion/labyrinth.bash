# SPDX-License-Identifier: GPL-2.0
#
# Completion of labyrinth(8) for bash: commands, zones, options. To be sourced, or
# put into /usr/share/bash-completion/completions under the name of the command.
# It does without bash-completion's own functions.

# Zones of the directory that --sysfs names, if it does.
_labyrinth_zones() {
	local dir=/sys/kernel/labyrinth zone i

	for ((i = 1; i < COMP_CWORD; i++)); do
		[[ ${COMP_WORDS[i]} != --sysfs ]] || dir=${COMP_WORDS[i + 1]}
	done
	for zone in "$dir"/*/; do
		zone=${zone%/}
		[[ ! -e $zone/reserve_target ]] || printf '%s\n' "${zone##*/}"
	done
}

# The command among the words before the one that is being completed; after it, how
# many arguments there are that are no options, in $arguments.
_labyrinth_command() {
	local i word

	command='' arguments=0
	for ((i = 1; i < COMP_CWORD; i++)); do
		word=${COMP_WORDS[i]}
		case $word in
		--sysfs | --debugfs | --older | --seconds | -d | --delay | -n | --count | -o | --output) ((i++)) ;;
		-*) ;;
		*)
			if [[ -z $command ]]; then
				command=$word
			else
				((arguments += 1))
			fi
			;;
		esac
	done
}

_labyrinth() {
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}
	local command arguments words='' common='--json --sysfs --debugfs --help'

	COMPREPLY=()
	case $prev in
	--sysfs | --debugfs)
		mapfile -t COMPREPLY < <(compgen -d -- "$cur")
		return
		;;
	-o | --output)
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		return
		;;
	--older | --seconds | -d | --delay | -n | --count) return ;;
	esac

	_labyrinth_command
	if [[ $cur == -* ]]; then
		case $command in
		top) words='--delay --count --batch' ;;
		watch) words='--delay --count' ;;
		leaks) words=--older ;;
		size) words=--reset ;;
		report) words='--output --seconds' ;;
		metrics) words=--output ;;
		'') words=--version ;;
		esac
		words="$words $common"
	elif [[ -z $command ]]; then
		words='list show top leaks size resize watch report metrics'
	elif ((arguments == 0)); then
		case $command in
		show | leaks | size | resize | watch) words=$(_labyrinth_zones) ;;
		esac
	fi
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
}
complete -F _labyrinth labyrinth
