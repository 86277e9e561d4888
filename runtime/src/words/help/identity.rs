//! The help of `identity`.

use crate::words::catalogue::{Both, both};

/// `identity`.
pub const IDENTITY: Both = both(
    "Show, export or import the secret that makes several devices one member",
    "显示、导出或导入让几台设备成为同一个成员的秘密",
);
/// Under the help of `identity`.
pub const EXAMPLE: Both = both(
    "Examples:
  parlance identity export alice.key   on the one device
  parlance identity import alice.key   on the other
  parlance identity show               the same on both

Whoever has the exported line is you in every room: carry it over a way that you trust, and delete it. \
Sessions and what is typed but not sent stay on their device. Exit status 2 where a flag is missing \
(--force, --replace), 1 if the file cannot be used.",
    "示例：
  parlance identity export alice.key   在一台设备上
  parlance identity import alice.key   在另一台上
  parlance identity show               两边相同

谁有导出的那一行，谁在每个房间里就是你：请用你信任的方式传递，然后删除。\
会话和输入了还没发送的内容留在各自的设备上。缺少选项（--force、--replace）时退出状态为 2，\
文件无法使用时为 1。",
);
/// `show`.
pub const SHOW: Both = both(
    "Print a fingerprint: two devices that print the same are one member",
    "打印指纹：打印出同一个的两台设备是同一个成员",
);
/// `export`.
pub const EXPORT: Both = both(
    "Write the secret of this device as one line of text",
    "把这台设备的秘密写成一行文本",
);
/// `FILE` of `export`.
pub const TO: Both = both(
    "A new file, for its owner alone; - is stdout",
    "一个新文件，只有主人可读；- 是标准输出",
);
/// `--force`.
pub const FORCE: Both = both("Show the secret on a terminal", "在终端上显示秘密");
/// `import`.
pub const IMPORT: Both = both(
    "Take the secret of another device from what was exported there",
    "从导出的内容取得另一台设备的秘密",
);
/// `FILE` of `import`.
pub const FROM: Both = both("What was exported; - is stdin", "导出的内容；- 是标准输入");
/// `--replace`.
pub const REPLACE: Both = both(
    "Replace another secret that is here; it is kept in a file beside",
    "替换这里的另一个秘密；它保存在旁边的文件里",
);
