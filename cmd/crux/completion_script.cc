#include "cmd/crux/completion_script.h"

#include <vector>

#include "runtime/base/text.h"

namespace crux::cmd {

namespace {

/// The input from which a script is generated.
struct Subject {
    std::string_view program;
    std::span<const Flag> flags;
    std::span<const Command* const> commands;
};

/// The flags to complete: those that help shows, and --help.
std::vector<Flag> offered(std::span<const Flag> flags) {
    std::vector<Flag> shown;
    for (const Flag& flag : flags)
        if (flag.hidden == Hidden::no) shown.push_back(flag);
    shown.push_back(kHelpFlag);
    return shown;
}

bool takes_container(const Command& command) {
    return command.arguments.starts_with("<container-id>");
}

/// The text in single quotes, in the syntax of all three shells.
std::string single_quoted(std::string_view text) {
    std::string out = "'";
    for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return out + '\'';
}

/// A valid name of a shell function.
std::string function_name(std::string_view program) {
    std::string name = "_";
    for (const char c : program) {
        const bool plain =
            (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        name += plain ? c : '_';
    }
    return name;
}

/// "--bundle -b --pid-file …"
std::string words_of(std::span<const Flag> flags) {
    std::string words;
    for (const Flag& flag : offered(flags)) {
        words += cat(words.empty() ? "" : " ", "--", flag.name);
        for (const char letter : flag.letters) words += cat(" -", letter);
    }
    return words;
}

/// "--bundle|-b|--pid-file": the flags that take a value; "''" if there are none.
std::string valued_of(std::span<const Flag> flags) {
    std::string words;
    for (const Flag& flag : offered(flags)) {
        if (flag.takes == Takes::nothing) continue;
        words += cat(words.empty() ? "" : "|", "--", flag.name);
        for (const char letter : flag.letters) words += cat("|-", letter);
    }
    return words.empty() ? "''" : words;
}

std::string names_of(std::span<const Command* const> commands) {
    std::string names;
    for (const Command* command : commands) names += cat(names.empty() ? "" : " ", command->name);
    return names;
}

std::string bash_case(const Command& command) {
    return cat("        ", command.name, ")\n            flags='", words_of(command.flags),
               "'\n            case $previous in ", valued_of(command.flags),
               ") valued=1 ;; esac\n", takes_container(command) ? "            ids=1\n" : "",
               "            ;;\n");
}

std::string bash_script(const Subject& subject) {
    const std::string function = function_name(subject.program);
    std::string cases;
    for (const Command* command : subject.commands) cases += bash_case(*command);
    return cat("# bash completion for ", subject.program, "\n", function,
               "() {\n"
               "    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]}\n"
               "    local command= flags= valued= ids= root=() i\n"
               "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
               "        case ${COMP_WORDS[i]} in\n"
               "            --root) root=(--root \"${COMP_WORDS[i+1]}\"); i=$((i + 1)) ;;\n"
               "            --root=*) root=(\"${COMP_WORDS[i]}\") ;;\n"
               "            ",
               valued_of(subject.flags),
               ") i=$((i + 1)) ;;\n"
               "            -*) ;;\n"
               "            *) command=${COMP_WORDS[i]}; break ;;\n"
               "        esac\n"
               "    done\n"
               "    case $command in\n"
               "        '')\n"
               "            flags='",
               words_of(subject.flags), "'\n            case $previous in ",
               valued_of(subject.flags), ") valued=1 ;; esac\n            ;;\n", cases,
               "    esac\n"
               "    if [[ -n $valued ]]; then\n"
               "        COMPREPLY=($(compgen -f -- \"$current\"))\n"
               "    elif [[ $current == -* ]]; then\n"
               "        COMPREPLY=($(compgen -W \"$flags\" -- \"$current\"))\n"
               "    elif [[ -z $command ]]; then\n"
               "        COMPREPLY=($(compgen -W '",
               names_of(subject.commands),
               "' -- \"$current\"))\n"
               "    elif [[ -n $ids ]]; then\n"
               "        COMPREPLY=($(compgen -W \"$(",
               subject.program,
               " \"${root[@]}\" list --quiet 2>/dev/null)\" -- \"$current\"))\n"
               "    else\n"
               "        COMPREPLY=($(compgen -f -- \"$current\"))\n"
               "    fi\n"
               "}\n"
               "complete -o filenames -F ",
               function, " ", subject.program, "\n");
}

/// The flags as arguments of zsh's _arguments, one for each spelling.
std::string zsh_flags(std::span<const Flag> flags, std::string_view indent) {
    std::string out;
    for (const Flag& flag : offered(flags)) {
        std::string help;
        for (const char c : flag.help) help += c == ':' || c == '[' || c == ']' ? ' ' : c;
        const std::string value =
            flag.takes == Takes::nothing ? "" : cat(":", flag.value_name, ":_files");
        const std::string_view many = flag.takes == Takes::texts ? "*" : "";
        out +=
            cat(indent, single_quoted(cat(many, "--", flag.name, '[', help, ']', value)), " \\\n");
        for (const char letter : flag.letters)
            out +=
                cat(indent, single_quoted(cat(many, '-', letter, '[', help, ']', value)), " \\\n");
    }
    return out;
}

std::string zsh_script(const Subject& subject) {
    const std::string function = function_name(subject.program);
    std::string list;
    std::string cases;
    for (const Command* command : subject.commands) {
        list += cat("        ", single_quoted(cat(command->name, ':', command->usage)), "\n");
        cases += cat("        ", command->name, ")\n            _arguments \\\n",
                     zsh_flags(command->flags, "                "), "                ",
                     takes_container(*command) ? cat("'1:container:", function, "_ids'")
                                               : std::string("'*:file:_files'"),
                     "\n            ;;\n");
    }
    return cat("#compdef ", subject.program, "\n", function,
               "_ids() {\n"
               "    local -a ids\n"
               "    ids=(${(f)\"$(",
               subject.program,
               " list --quiet 2>/dev/null)\"})\n"
               "    compadd -a ids\n"
               "}\n",
               function,
               "() {\n"
               "    local -a commands\n"
               "    local state line\n"
               "    commands=(\n",
               list,
               "    )\n"
               "    _arguments -C \\\n",
               zsh_flags(subject.flags, "        "),
               "        '1:command:->command' \\\n"
               "        '*::argument:->argument'\n"
               "    if [[ $state == command ]]; then\n"
               "        _describe command commands\n"
               "        return\n"
               "    fi\n"
               "    case $line[1] in\n",
               cases,
               "    esac\n"
               "}\n"
               "compdef ",
               function, " ", subject.program, "\n");
}

std::string fish_flags(std::string_view program, std::string_view condition,
                       std::span<const Flag> flags) {
    std::string out;
    for (const Flag& flag : offered(flags)) {
        out += cat("complete -c ", program, " -n ", single_quoted(condition), " -l ", flag.name);
        for (const char letter : flag.letters) out += cat(" -s ", letter);
        out +=
            cat(flag.takes == Takes::nothing ? "" : " -r", " -d ", single_quoted(flag.help), "\n");
    }
    return out;
}

std::string fish_script(const Subject& subject) {
    const std::string_view program = subject.program;
    const std::string first = cat("not __fish_seen_subcommand_from ", names_of(subject.commands));
    std::string out = cat("# fish completion for ", program, "\n");
    out += fish_flags(program, first, subject.flags);
    for (const Command* command : subject.commands)
        out += cat("complete -c ", program, " -n ", single_quoted(first), " -f -a ", command->name,
                   " -d ", single_quoted(command->usage), "\n");
    for (const Command* command : subject.commands) {
        const std::string condition = cat("__fish_seen_subcommand_from ", command->name);
        out += fish_flags(program, condition, command->flags);
        if (takes_container(*command))
            out += cat("complete -c ", program, " -n ", single_quoted(condition), " -f -a '(",
                       program, " list --quiet 2>/dev/null)'\n");
    }
    return out;
}

}  // namespace

Result<std::string> completion_script(std::string_view shell, std::string_view program,
                                      std::span<const Flag> flags,
                                      std::span<const Command* const> commands) {
    const Subject subject{program, flags, commands};
    if (shell == "bash") return bash_script(subject);
    if (shell == "zsh") return zsh_script(subject);
    if (shell == "fish") return fish_script(subject);
    return fail(Error::Kind::usage,
                cat("unknown shell ", quoted(shell), ": must be bash, zsh or fish"));
}

}  // namespace crux::cmd
