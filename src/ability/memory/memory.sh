manifest=; if [ -r "$V/manifest.json" ]; then IFS= read -r manifest <"$V/manifest.json"; say manifest "$manifest"; fi
remembers() { # remembers WORDS...: the manifest has all of them
  for words do case $manifest in *"$words"*) ;; *) return 1 ;; esac; done
}
for entry in "$V"/made/*/*; do
  [ ! -e "$entry" ] || { IFS= read -r line && read -r line && IFS= read -r line && say made "$line"; } <"$entry"
done
for journal in "$V"/journal/*/ "$V"/stuck-*/; do
  [ -d "$journal" ] || continue
  case $journal in "$V"/stuck-*) say leftover "${journal%/}"; continue ;; esac
  # asking for the lock would keep others from it; its holder has it open
  { IFS= read -r holder && read -r pid; } 2>/dev/null <"$L"
  case $(ls -l "/proc/$pid/fd" 2>/dev/null) in *" $L"*) ;; *) holder= ;; esac
  if [ ! -e "${journal}undo" ]; then say leftover "${journal%/}"
  elif [ -n "$holder" ]; then say busy "$holder"
  elif [ -e "${journal}manifest" ]; then say unfinished "$journal"
  else say interrupted "$journal"
  fi
done
