
# openssl_there ends the script before any change if openssl is missing.
openssl_there() {
  if ! command -v openssl >/dev/null 2>&1; then
    stop 1 'openssl was not found on the PATH; it is needed to create the certificates. Nothing was changed.'
  fi
}

# make_vpn FOLDER NAME: creates a CA, and the certificates and keys of a Client VPN's server and
# client, all RSA 2048. Existing ones are used again. The key of the CA is deleted, so it cannot
# issue further certificates.
make_vpn() {
  local file
  if [[ $dry_run == yes ]]; then
    return 0
  fi
  if [[ -d $1 ]]; then
    for file in ca.pem server.pem server.key client.pem client.key; do
      if [[ ! -f $1/$file ]]; then
        stop 1 "The folder $1 does not contain $file. Add the file, or rename the folder to create new certificates."
      fi
    done
    return 0
  fi
  say "  creating certificates and keys in the folder $1"
  (
    umask 077
    making=$(mktemp -d "$1.XXXXXX")
    trap 'rm -rf "$making"' EXIT
    {
      printf '[req]\ndistinguished_name = name\n[name]\n'
      printf '[ca]\nbasicConstraints = critical, CA:TRUE\nkeyUsage = critical, keyCertSign, cRLSign\nsubjectKeyIdentifier = hash\n'
      printf '[%s]\nbasicConstraints = critical, CA:FALSE\nkeyUsage = critical, digitalSignature, keyEncipherment\nextendedKeyUsage = %sAuth\nsubjectAltName = DNS:%s\nauthorityKeyIdentifier = keyid\n' \
        server server "server.$2" client client "client.$2"
    } >"$making/openssl.cnf"
    run_openssl genrsa -out "$making/ca.key" 2048
    run_openssl req -new -x509 -sha256 -config "$making/openssl.cnf" -extensions ca -subj "/CN=ca.$2" -days 3650 -key "$making/ca.key" -out "$making/ca.pem"
    for file in server client; do
      run_openssl genrsa -out "$making/$file.key" 2048
      run_openssl req -new -sha256 -config "$making/openssl.cnf" -subj "/CN=$file.$2" -key "$making/$file.key" -out "$making/$file.csr"
      run_openssl x509 -req -sha256 -in "$making/$file.csr" -CA "$making/ca.pem" -CAkey "$making/ca.key" -set_serial "0x$(openssl rand -hex 16)" -days 825 \
        -extfile "$making/openssl.cnf" -extensions "$file" -out "$making/$file.pem"
    done
    rm -f "$making/ca.key" "$making/openssl.cnf" "$making/server.csr" "$making/client.csr"
    mv "$making" "$1"
  )
}

# run_openssl ARGUMENTS: shows the messages of openssl only if it fails.
run_openssl() {
  if ! openssl "$@" 2>"$errors"; then
    say "$(<"$errors")"
    stop 1 "openssl $1 failed."
  fi
}

# save_vpn FILE LABEL FOLDER KEPT WITH WITHOUT: writes the answer, the configuration of a Client
# VPN's clients, to a file that only this user can read. It adds LABEL before the host, and the
# client's certificate and key if FOLDER has them. An existing file is kept. The last three
# arguments are the messages for a kept file, a file with a key, and a file without one.
save_vpn() {
  local key=''
  if [[ -e $1 ]]; then
    say "$4"
    return 0
  fi
  if [[ -n $3 && -f $3/client.key ]]; then
    key="$3/client.key"
  fi
  (
    umask 077
    set -C # never overwrite a file
    {
      printf '%s\n' "$reply" | sed "s/^remote /remote $2./"
      if [[ -n $key ]]; then
        printf '<cert>\n%s\n</cert>\n<key>\n%s\n</key>\n' "$(<"$3/client.pem")" "$(<"$key")"
      fi
    } >"$1"
  )
  if [[ -n $key ]]; then
    say "$5"
  else
    say "$6"
  fi
}
