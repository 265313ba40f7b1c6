import { createShelfMaker } from './shelf-maker.ts'
import { chooseWords, readWords } from './words.ts'

/** `pocketshelf-shelf.js`: hands the shelf to the drop-in by its own script element, so that no global is needed. */
const script = document.currentScript
if (script) Object.assign(script, { makeShelf: createShelfMaker(chooseWords(readWords())) })
