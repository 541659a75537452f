# Completion of the tblog command for bash. It needs nothing but bash.
_tblog() {
    local word=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
    local common='--help --usage' options command=''
    local i
    for ((i = 1; i < COMP_CWORD; i++)); do
        if [[ ${COMP_WORDS[i]} != -* ]]; then
            command=${COMP_WORDS[i]}
            break
        fi
    done
    COMPREPLY=()
    case $command in
    '')
        if [[ $word == -* ]]; then
            options="$common --version"
        else
            options='ls cat export tail verify repair merge trim'
        fi
        mapfile -t COMPREPLY < <(compgen -W "$options" -- "$word")
        return
        ;;
    ls) options='--json --tag' ;;
    export) options='--audio --images --output --tag' ;;
    tail) options='--follow --interval --tag' ;;
    repair | merge) options='--output' ;;
    trim) options='--from --output' ;;
    *) options='' ;;
    esac
    case $previous in
    -t | --tag | -i | --interval | -s | --from) return ;;
    esac
    if [[ $word == -* ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$options $common" -- "$word")
    else
        compopt -o filenames 2>/dev/null
        mapfile -t COMPREPLY < <(compgen -f -- "$word")
    fi
}
complete -F _tblog tblog
