package source

// Lag returns how many bytes of the log and its rotated files are not read yet. auditd removes the oldest file when the
// log is full, so a lag near the size of them all is about to be a loss.
func (f *File) Lag() (int64, error) {
	if f.fd == nil {
		return 0, nil
	}
	size, err := sizeOf(f.fd)
	if err != nil {
		return 0, err
	}
	lag := max(0, size-f.off)
	sibs, err := sweep(f.path)
	if err != nil {
		return lag, err
	}
	for i := len(sibs) - 1; i >= 0 && sibs[i].identity != f.id; i-- { // the newest is the last
		lag += sibs[i].size
	}
	return lag, nil
}
