# credentials USER QUESTION: sets $input to the user name and password in the format that Amazon
# ECS reads from a secret. It asks for the password once without showing it. If standard input is
# not a terminal, all of it is the password, except a final line break.
credentials() {
  [[ $mode != apply ]] && return 0
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
  input="{\"username\":$(json_text "$1"),\"password\":$(json_text "$password")}"
}
