import { readProfile, writeProfile } from './profile-text.ts'
import type { ProfileText } from './recommender.ts'

/** `pocketshelf-profile.js`: handed over by its own script element, like the shelf. */
const script = document.currentScript
if (script) {
  const profileText: ProfileText = { readProfile, writeProfile }
  Object.assign(script, { profileText })
}
