import { ClipboardCheck } from 'lucide-preact'
import type { ComponentChild } from 'preact'
import { CLIPBOARD_SECONDS, clearClipboard, clipboardHold } from '../../model/clipboard.js'
import { Button } from '../controls/button.js'
// oxlint-disable-next-line import/no-unassigned-import -- a style sheet has nothing to assign
import './clipboard-status.css'

/** Tells what is in the clipboard and when it is cleared. Screen readers hear it once, not every second. */
export function ClipboardStatus(): ComponentChild {
  const hold = clipboardHold.value
  return (
    <div class={hold === undefined ? 'clipboard-status clipboard-empty' : 'clipboard-status'}>
      <p role="status">
        {hold !== undefined && (
          <>
            <ClipboardCheck aria-hidden />
            <span>
              {hold.what} copied.{' '}
              {hold.state === 'waiting' ? (
                'Its time is up: the browser clears the clipboard only while this page is in front.'
              ) : (
                <>
                  <span class="visually-hidden">The clipboard is cleared in {CLIPBOARD_SECONDS} seconds.</span>
                  <span aria-hidden="true">
                    Cleared in <span class="clipboard-seconds">{hold.secondsLeft} s</span>
                  </span>
                </>
              )}
            </span>
          </>
        )}
      </p>
      {hold !== undefined && (
        <Button kind="quiet" onClick={() => void clearClipboard()}>
          Clear now
        </Button>
      )}
    </div>
  )
}
