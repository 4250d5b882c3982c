// A plugin of the kind `other`: it has the coffer's ciphers for loose data, and sees no member.

import type { OtherPlugin } from '@coffer/core'

const BEGIN = '-----BEGIN SEALED TEXT-----'
const END = '-----END SEALED TEXT-----'

export interface Armor {
  /** A short text, sealed with the coffer's keys, to be sent in a mail. */
  seal(text: string): Promise<string>
  open(armored: string): Promise<string>
}

export const armorPlugin: OtherPlugin<Armor> = {
  name: 'armor',
  kind: 'other',
  description: 'Seal short texts with the keys of the coffer',
  create: async ({ loose }) => {
    const cipher = await loose.createCipher()
    if (!cipher) throw new Error('This coffer has no keys to seal with.')
    return {
      async seal(text) {
        const plain = new TextEncoder().encode(text)
        const body = new Uint8Array(cipher.bodyBytes(plain.length))
        await cipher.seal(plain, body)
        return `${BEGIN}\n${Buffer.from(body).toString('base64')}\n${END}`
      },
      async open(armored) {
        const body = Buffer.from(armored.replace(BEGIN, '').replace(END, ''), 'base64')
        return new TextDecoder().decode(await cipher.open(new Uint8Array(body)))
      },
    }
  },
}
