import type { ComponentChild } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { HardDrive, ShieldCheck, Shrink } from 'lucide-preact'
import { notify } from '../../model/notices.js'
import type { VaultSession } from '../../model/session.js'
import { askToPersist, bytesInWords, readStorageUse, type StorageUse } from '../../model/storage-use.js'
import { runTask } from '../../model/tasks.js'
import { Button } from '../controls/button.js'
import { Callout } from '../controls/callout.js'
import { SettingRow } from './setting-row.js'

/** How much room the vault takes, and whether all of it is whole. */
export function StorageSection({ session }: { readonly session: VaultSession }): ComponentChild {
  const [use, setUse] = useState<StorageUse>()
  const [isAsked, setAsked] = useState(false)
  const [findings, setFindings] = useState<{ readonly isWhole: boolean; readonly text: string }>()
  const read = async (): Promise<void> => setUse(await readStorageUse())
  useEffect(() => void read(), [session.revision.value])
  const persist = async (): Promise<void> => {
    await askToPersist()
    setAsked(true)
    await read()
  }
  const compact = async (): Promise<void> => {
    const done = await runTask('Freeing space', async (task) => {
      await session.change((coffer) => coffer.compact(task))
      return true
    })
    if (done) notify('What was deleted has left the vault’s file.')
    await read()
  }
  const verify = async (): Promise<void> => {
    const report = await runTask('Checking the vault', (task) => session.coffer.value.verify(task))
    if (!report) return
    const length = new Set(report.bad.map(({ name }) => name)).size
    setFindings(
      report.ok
        ? { isWhole: true, text: `All of it is whole: ${report.members} files and folders were read to their last byte.` }
        : { isWhole: false, text: `${length === 1 ? 'One file is' : `${length} files are`} damaged. Export the vault; its rescue page brings out all that is whole.` },
    )
  }
  return (
    <section aria-labelledby="storage-title">
      <h2 id="storage-title">Space</h2>
      <SettingRow icon={<HardDrive />} title="In this browser" text={use ? useInWords(use) : 'Looking …'}>
        {use && !use.isPersistent && <Button onClick={() => void persist()}>Ask the browser to keep it</Button>}
      </SettingRow>
      {isAsked && use && !use.isPersistent && (
        <Callout>The browser does not promise it. It tends to once you install the vault or use it often; until then, export now and then.</Callout>
      )}
      <SettingRow icon={<Shrink />} title="Free space" text="What was deleted stays in the encrypted file until this rewrites it.">
        <Button disabled={!session.writable.value} onClick={() => void compact()}>Free space</Button>
      </SettingRow>
      <SettingRow icon={<ShieldCheck />} title="Check the vault" text="Reads everything and looks whether it is what was written.">
        <Button onClick={() => void verify()}>Check</Button>
      </SettingRow>
      <div role="status">{findings && <Callout isProblem={!findings.isWhole}>{findings.text}</Callout>}</div>
    </section>
  )
}

function useInWords({ usedBytes, quotaBytes, isPersistent }: StorageUse): string {
  const used = usedBytes === undefined ? 'The browser does not say how much is used.' : `${bytesInWords(usedBytes)} used by all vaults here.`
  const quota = quotaBytes === undefined ? '' : ` The browser gives up to ${bytesInWords(quotaBytes)}.`
  return `${used}${quota} ${isPersistent ? 'It has promised to throw nothing away by itself.' : 'It may throw it away when the disk is full.'}`
}
