// The page for the big screen of the room. It only watches.
import { watch } from "./watching.js";

watch({ bids: 8 });
