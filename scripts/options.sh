# Sourced by other scripts to parse their options. The script first defines `usage`, which prints
# its help.
# shellcheck shell=bash

# wrong_usage WORD...: prints the words on one line and exits with 2.
wrong_usage() {
    local name=${0##*/}
    echo "${name%.sh}: $*; see $0 --help" >&2
    exit 2
}

# take_options NAME... -- ARGUMENT...: sets a variable for each option among the arguments. For
# --batch-size VALUE the name is batch-size, and the variable batch_size. NAME! is an option without
# a value; its variable becomes yes. If an option is given twice, the last one counts. Any other
# argument is refused. --help prints the help and ends the script.
take_options() {
    local names=' '
    while [[ $1 != -- ]]; do
        names+="--$1 "
        shift
    done
    shift
    while [[ $# -gt 0 ]]; do
        local variable=${1#--}
        variable=${variable//-/_}
        if [[ $1 == -h || $1 == --help ]]; then
            usage
            exit
        elif [[ $names == *" $1! "* ]]; then
            printf -v "$variable" yes
        elif [[ $1 != --* || $names != *" $1 "* ]]; then
            wrong_usage "unknown option '$1'"
        elif [[ -z ${2:-} ]]; then
            wrong_usage "$1 needs a value"
        else
            printf -v "$variable" %s "$2"
            shift
        fi
        shift
    done
}

# check_options OPTION... -- ARGUMENT...: for a script that passes its arguments on to a program
# that may not be built or installed yet. Refuses any other option. --help prints the script's help
# and ends it.
check_options() {
    local options=' ' argument
    while [[ $1 != -- ]]; do
        options+="$1 "
        shift
    done
    shift
    for argument in "$@"; do
        if [[ $argument == -h || $argument == --help ]]; then
            usage
            exit
        elif [[ $argument == -[!0-9]* && $options != *" ${argument%%=*} "* ]]; then
            wrong_usage "unknown option '$argument'"
        fi
    done
}
