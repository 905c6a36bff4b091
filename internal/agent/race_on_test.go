//go:build race

package agent

// raceDetector: memory and times are those of the detector.
const raceDetector = true
