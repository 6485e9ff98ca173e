// The page that a stream shows over its picture. It only watches.
import { watch } from "./watching.js";

watch({ comments: 5 });
