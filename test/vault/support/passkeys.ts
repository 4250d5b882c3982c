import type { CDPSession, Page } from '@playwright/test'

/** A device that keeps passkeys. */
export interface Device {
  readonly cdp: CDPSession
  readonly authenticatorId: string
}

export interface DeviceOptions {
  readonly hasPrf?: boolean
  readonly transport?: 'internal' | 'usb'
}

/** Gives the page a device with a fingerprint reader that always agrees, as Chromium's tests have it. Further ones come by the session of the first. */
export async function plugIn(page: Page, { hasPrf = true, transport = 'internal' }: DeviceOptions = {}, known?: CDPSession): Promise<Device> {
  const cdp = known ?? (await page.context().newCDPSession(page))
  await cdp.send('WebAuthn.enable', { enableUI: false })
  const options = { protocol: 'ctap2', ctap2Version: 'ctap2_1', transport, hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true, hasPrf } as const
  const { authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', { options })
  return { cdp, authenticatorId }
}

/** Whether the device's owner is there to touch it. */
export async function setPresent({ cdp, authenticatorId }: Device, enabled: boolean): Promise<void> {
  await cdp.send('WebAuthn.setAutomaticPresenceSimulation', { authenticatorId, enabled })
}

export async function openSettings(page: Page): Promise<void> {
  await page.getByRole('navigation', { name: 'Vault' }).getByRole('button', { name: 'Settings' }).click()
}

export async function addPasskey(page: Page, label: string): Promise<void> {
  await openSettings(page)
  await page.getByRole('button', { name: 'Add a passkey' }).click()
  await page.getByLabel('What you call it').fill(label)
  await page.getByRole('button', { name: 'Go on' }).click()
}
