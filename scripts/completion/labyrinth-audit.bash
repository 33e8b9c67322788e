# SPDX-License-Identifier: GPL-2.0
#
# Completion of labyrinth-audit(1) for bash: options, rules, paths. To be sourced, or
# put into /usr/share/bash-completion/completions under the name of the command.
# It does without bash-completion's own functions.

# Rules of the directory that --rules names, or of the command's own.
_labyrinth_audit_rules() {
	local command dir file i

	command=$(readlink -f -- "$(type -P -- "${COMP_WORDS[0]}")")
	dir=${command%/*}/coccinelle
	for ((i = 1; i < COMP_CWORD; i++)); do
		[[ ${COMP_WORDS[i]} != --rules ]] || dir=${COMP_WORDS[i + 1]}
	done
	for file in "$dir"/*.cocci; do
		file=${file##*/}
		[[ $file == '*'* || $file == migrate.cocci ]] || printf '%s\n' "${file%.cocci}"
	done
}

_labyrinth_audit() {
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}
	local options='--baseline --confidence --create --help --html --jobs --json --list --memory --migrate
		--no-cache --output --rule --rules --sarif --statistics --strict --timeout --version --write --write-baseline'

	COMPREPLY=()
	case $prev in
	--rule)
		mapfile -t COMPREPLY < <(compgen -W "$(_labyrinth_audit_rules)" -- "$cur")
		return
		;;
	--confidence)
		mapfile -t COMPREPLY < <(compgen -W 'high moderate low' -- "$cur")
		return
		;;
	--rules)
		mapfile -t COMPREPLY < <(compgen -d -- "$cur")
		return
		;;
	--jobs | --timeout | --memory | --migrate) return ;;
	esac
	if [[ $cur == -* ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$options" -- "$cur")
	else
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
	fi
}
complete -F _labyrinth_audit labyrinth-audit
