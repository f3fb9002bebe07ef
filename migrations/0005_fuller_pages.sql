-- Half the room that was left on each page for what follows a message (its corrections, its speech time): the versions
-- that such an update leaves behind are cleared away by the next one on the page, so the room is used again and again.
-- Measured with 16,000 corrected turns: 25 bytes a message less, and 90 in 100 updates still touch no index (99 before);
-- without corrections, 47 bytes less and 99.9 in 100. New pages only: what is stored already stays as it is.

alter table messages set (fillfactor = 95);
