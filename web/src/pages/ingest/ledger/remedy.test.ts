import { expect, test } from 'vitest'
import { briefly, duplicateOf, fileName, isOtherSide, remedyOf } from './remedy'

test.each([
  ['done', null, undefined],
  ['claimed', 'duplicate of call x', undefined],
  ['skipped', 'duplicate of call 01a2', 'r_duplicate'],
  ['skipped', 'gone: it went away before it was complete', 'r_gone'],
  ['skipped', 'the other side of the call of file x', 'r_other_side'],
  ['skipped', 'not of this source', 'r_skipped'],
  ['failed', '/a/note.txt: this is text, not audio, whatever its name says', 'r_not_audio'],
  ['failed', '/a/b.csv: line 1: no column for the text; columns are known by names', 'r_columns'],
  ['failed', '/a/b.call.json: line 2, column 3: not valid; mend the sidecar', 'r_sidecar'],
  ['failed', '/a.amr: amr is decoded by ffmpeg, which is not here', 'r_ffmpeg'],
  ['failed', 'whisper cannot read /models/x: its model is not there', 'r_model'],
  ['failed', 'the file cannot be read (gone): check that it is there and its permissions', 'r_read'],
  ['failed', 'cannot be written (No space left on device): check free space', 'r_space'],
  ['failed', 'something new', 'r_failed'],
  ['failed', undefined, 'r_failed'],
  ['quarantined', 'its job was put aside', 'r_quarantined'],
])('%s, %s', (state, why, remedy) => {
  expect(remedyOf(state, why)).toBe(remedy)
})

test('names and words without their folders', () => {
  expect(fileName('/a/b/录音.wav')).toBe('录音.wav')
  expect(fileName('s3://calls/in/c.wav')).toBe('c.wav')
  expect(briefly('/a/b.csv: line 1: no', '/a/b.csv')).toBe('line 1: no')
  expect(briefly('line 1', '/a/b.csv')).toBe('line 1')
})

test('the other file of a call does not begin again by itself', () => {
  expect(isOtherSide('the other side of the call of file x')).toBe(true)
  expect([isOtherSide('duplicate of call x'), isOtherSide(null)]).toEqual([false, false])
})

test('the call that is there already', () => {
  expect(duplicateOf('duplicate of call 01a2-b3')).toBe('01a2-b3')
  expect(duplicateOf('gone')).toBeUndefined()
  expect(duplicateOf(null)).toBeUndefined()
})
