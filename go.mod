module github.com/auditpy/auditpy

go 1.26

require (
	github.com/elastic/go-libaudit/v2 v2.6.2 // indirect
	golang.org/x/sys v0.11.0 // indirect
)
