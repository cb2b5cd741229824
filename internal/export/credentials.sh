
# Input for the CLI is UTF-8 in every locale.
export PYTHONUTF8=1 AWS_CLI_FILE_ENCODING=UTF-8

# An environment may contain variables with the names of those that contain secrets below. Bash would pass their new
# values to all programs.
export -n password text input value reply
password=''

# credentials USER QUESTION: sets $input to the user name and password in the format that Amazon
# ECS reads from a secret. It asks for the password once without showing it. If standard input is
# not a terminal, all of it is the password, except a final line break.
credentials() {
  if [[ $dry_run == yes ]]; then
    return 0
  fi
  if [[ -z $password && -t 0 ]]; then
    printf '%s ' "$2" >&2
    IFS= read -rs password || true
    say ''
  elif [[ -z $password ]]; then
    IFS= read -r -d '' password || true
    password=${password%$'\n'}
    password=${password%$'\r'}
  fi
  if [[ -z $password ]]; then
    stop 2 'The password is empty. Type it when asked, or pipe it in: bash SCRIPT < FILE'
  fi
  json_text "$1"
  input="{\"username\":$text"
  json_text "$password"
  input+=",\"password\":$text}"
}

# json_text TEXT: sets $text to the text as JSON, byte by byte.
json_text() {
  local LC_ALL=C i one
  text='"'
  for ((i = 0; i < ${#1}; i++)); do
    one=${1:i:1}
    case $one in
      '"' | \\) text+="\\$one" ;;
      [$'\001'-$'\037'])
        printf -v one '\\u%04x' "'$one"
        text+=$one
        ;;
      *) text+=$one ;;
    esac
  done
  text+='"'
}
