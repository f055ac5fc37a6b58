// Command stages draws the stage pictures of the manual: go generate ./docs.
package main

import (
	"log"
	"os"
	"path/filepath"
)

func main() {
	for _, p := range plans() {
		if err := os.WriteFile(filepath.Join(os.Args[1], p.file), []byte(p.draw()), 0o644); err != nil {
			log.Fatal(err)
		}
	}
}
