
# What is piped into the CLI is UTF-8, whatever the locale.
export PYTHONUTF8=1 AWS_CLI_FILE_ENCODING=UTF-8

password=''

# credentials USER QUESTION: puts user name and password into $input, as Amazon ECS reads
# them from a secret. The password is asked for once, without showing it; where standard
# input is no terminal, all of it is the password, but for one line end behind it.
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
  input="$input,\"password\":$text}"
}

# json_text TEXT: puts it into $text as JSON, byte by byte.
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
