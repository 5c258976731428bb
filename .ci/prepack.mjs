// npm pack and npm publish: everything that is shipped, made anew when its sources changed.
import { packageParts } from './prebuild.mjs';

packageParts();
