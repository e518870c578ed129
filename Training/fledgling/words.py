"""Word lists of the corpus. All of them were written for this project.

Names are made from syllables and characters, so that there are far more than the model could
learn by heart: it has to learn to copy.
"""

ONSETS = ["B", "C", "D", "F", "G", "H", "J", "K", "L", "M", "N", "P", "R", "S", "T", "V", "W", "Z",
          "Br", "Cl", "Dr", "Fr", "Gr", "Kr", "Pl", "St", "Tr", "Sh", "Th", "A", "E", "I", "O", "U"]
VOWELS = ["a", "e", "i", "o", "u", "ai", "ea", "io", "ou"]
CODAS = ["", "", "l", "n", "r", "s", "m", "th", "ck", "nd", "x"]
FIRST_NAMES = [
    "Tom", "Anna", "Ben", "Clara", "David", "Emma", "Frank", "Grace", "Henry", "Ivy", "Jack", "Kate",
    "Leo", "Mia", "Nora", "Oscar", "Paul", "Quinn", "Rosa", "Sam", "Tina", "Uma", "Victor", "Wendy",
    "Xena", "Yara", "Zoe", "Alice", "Bob", "Carol", "Dan", "Eva", "Fred", "Gina", "Hugo", "Iris",
    "John", "Kira", "Liam", "Mary", "Nick", "Olga", "Peter", "Ruth", "Simon", "Tess", "Vera", "Will",
]
SURNAMES_ZH = list("李王张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕")
GIVEN_ZH = list("华明芳丽强伟静敏军杰娟勇艳涛超霞平刚玲红英梅兰云飞鹏宇浩轩雨晨欣怡思佳文博志远海山春秋月星天晓东建国庆安宁乐康")

COLOURS = [("red", "红色"), ("blue", "蓝色"), ("green", "绿色"), ("yellow", "黄色"), ("white", "白色"),
           ("black", "黑色"), ("purple", "紫色"), ("orange", "橙色"), ("pink", "粉色"), ("grey", "灰色")]
ANIMALS = [("cat", "猫"), ("dog", "狗"), ("horse", "马"), ("cow", "牛"), ("sheep", "羊"), ("bird", "鸟"),
           ("fish", "鱼"), ("rabbit", "兔子"), ("tiger", "老虎"), ("bear", "熊"), ("duck", "鸭子"),
           ("pig", "猪"), ("mouse", "老鼠"), ("frog", "青蛙"), ("lion", "狮子")]
CITIES = [("Paris", "巴黎"), ("London", "伦敦"), ("Berlin", "柏林"), ("Rome", "罗马"), ("Madrid", "马德里"),
          ("Tokyo", "东京"), ("Beijing", "北京"), ("Shanghai", "上海"), ("Oslo", "奥斯陆"), ("Cairo", "开罗"),
          ("Vienna", "维也纳"), ("Lisbon", "里斯本"), ("Athens", "雅典"), ("Delhi", "德里"), ("Boston", "波士顿"),
          ("Sydney", "悉尼"), ("Dublin", "都柏林"), ("Prague", "布拉格"), ("Seoul", "首尔"), ("Hanoi", "河内")]
OBJECTS = [("key", "钥匙"), ("book", "书"), ("cup", "杯子"), ("hat", "帽子"), ("bag", "包"), ("pen", "笔"),
           ("phone", "手机"), ("bike", "自行车"), ("lamp", "灯"), ("box", "盒子"), ("watch", "手表"), ("coat", "外套")]
PLACES = [("in the kitchen", "在厨房里"), ("under the bed", "在床下"), ("on the table", "在桌子上"),
          ("in the garden", "在花园里"), ("behind the door", "在门后"), ("in the car", "在车里"),
          ("at school", "在学校"), ("at the office", "在办公室"), ("on the roof", "在屋顶上"), ("in the hall", "在大厅里")]
BODY = [("leg", "腿"), ("arm", "胳膊"), ("hand", "手"), ("foot", "脚"), ("back", "背"), ("knee", "膝盖"),
        ("head", "头"), ("finger", "手指"), ("shoulder", "肩膀"), ("neck", "脖子")]
FOODS = [("rice", "米饭"), ("bread", "面包"), ("soup", "汤"), ("noodles", "面条"), ("cheese", "奶酪"),
         ("apples", "苹果"), ("fish", "鱼"), ("cake", "蛋糕"), ("tea", "茶"), ("eggs", "鸡蛋")]
JOBS = [("teacher", "老师"), ("doctor", "医生"), ("cook", "厨师"), ("driver", "司机"), ("farmer", "农民"),
        ("painter", "画家"), ("nurse", "护士"), ("singer", "歌手"), ("writer", "作家"), ("baker", "面包师")]
WEATHER = [("sunny", "晴"), ("rainy", "雨"), ("cloudy", "多云"), ("windy", "有风"), ("snowy", "雪"), ("foggy", "雾")]
SIMPLE_WORDS = ("sun moon star tree river stone wind cloud rain snow fire hill road bridge boat house door window "
                "table chair lamp bread milk salt honey apple pear cherry leaf root seed bird fox wolf owl bee ant "
                "green quick slow warm cold soft loud quiet bright dark small big old new happy brave kind calm "
                "walks runs sings sleeps jumps reads writes waits looks turns opens closes over under near far").split()
SIMPLE_ZH = list("山水火木金土日月星云风雨雪花草树叶鱼鸟马牛羊门窗桌椅灯书笔纸茶饭米面糖盐天地人心手足口耳目大小多少高低长短新旧快慢冷热红绿蓝白黑东西南北春夏秋冬")

# (question subject en, answer en, question subject zh, answer zh)
CAPITALS = [
    ("France", "Paris", "法国", "巴黎"), ("Germany", "Berlin", "德国", "柏林"), ("Italy", "Rome", "意大利", "罗马"),
    ("Spain", "Madrid", "西班牙", "马德里"), ("Japan", "Tokyo", "日本", "东京"), ("China", "Beijing", "中国", "北京"),
    ("England", "London", "英国", "伦敦"), ("Russia", "Moscow", "俄罗斯", "莫斯科"), ("Norway", "Oslo", "挪威", "奥斯陆"),
    ("Egypt", "Cairo", "埃及", "开罗"), ("Austria", "Vienna", "奥地利", "维也纳"), ("Portugal", "Lisbon", "葡萄牙", "里斯本"),
    ("Greece", "Athens", "希腊", "雅典"), ("Ireland", "Dublin", "爱尔兰", "都柏林"), ("Canada", "Ottawa", "加拿大", "渥太华"),
    ("Poland", "Warsaw", "波兰", "华沙"), ("Sweden", "Stockholm", "瑞典", "斯德哥尔摩"), ("Finland", "Helsinki", "芬兰", "赫尔辛基"),
    ("Cuba", "Havana", "古巴", "哈瓦那"), ("Peru", "Lima", "秘鲁", "利马"),
]
COLOUR_OF = [("the sky", "blue", "天空", "蓝色"), ("grass", "green", "草", "绿色"), ("snow", "white", "雪", "白色"),
             ("blood", "red", "血", "红色"), ("a lemon", "yellow", "柠檬", "黄色"), ("coal", "black", "煤", "黑色"),
             ("a carrot", "orange", "胡萝卜", "橙色"), ("milk", "white", "牛奶", "白色")]
SOUND_OF = [("a cat", "meow", "猫", "喵"), ("a dog", "woof", "狗", "汪"), ("a cow", "moo", "牛", "哞"),
            ("a duck", "quack", "鸭子", "嘎"), ("a sheep", "baa", "羊", "咩"), ("a pig", "oink", "猪", "哼")]
LEGS_OF = [("a dog", "4", "狗", "4"), ("a bird", "2", "鸟", "2"), ("a spider", "8", "蜘蛛", "8"),
           ("an ant", "6", "蚂蚁", "6"), ("a snake", "0", "蛇", "0"), ("a horse", "4", "马", "4")]
DAYS = [("Monday", "星期一"), ("Tuesday", "星期二"), ("Wednesday", "星期三"), ("Thursday", "星期四"),
        ("Friday", "星期五"), ("Saturday", "星期六"), ("Sunday", "星期日")]
MONTHS = [("January", "一月"), ("February", "二月"), ("March", "三月"), ("April", "四月"), ("May", "五月"), ("June", "六月"),
          ("July", "七月"), ("August", "八月"), ("September", "九月"), ("October", "十月"), ("November", "十一月"), ("December", "十二月")]
OPPOSITES = [("hot", "cold", "热", "冷"), ("big", "small", "大", "小"), ("up", "down", "上", "下"), ("day", "night", "白天", "黑夜"),
             ("fast", "slow", "快", "慢"), ("old", "new", "旧", "新"), ("open", "closed", "开", "关"), ("left", "right", "左", "右")]
KINDS = {
    ("fruits", "水果"): [("apple", "苹果"), ("banana", "香蕉"), ("pear", "梨")],
    ("animals", "动物"): [("cat", "猫"), ("dog", "狗"), ("horse", "马")],
    ("colours", "颜色"): [("red", "红色"), ("green", "绿色"), ("blue", "蓝色")],
    ("cities", "城市"): [("Paris", "巴黎"), ("Rome", "罗马"), ("Beijing", "北京")],
    ("vegetables", "蔬菜"): [("carrot", "胡萝卜"), ("potato", "土豆"), ("onion", "洋葱")],
    ("drinks", "饮料"): [("tea", "茶"), ("milk", "牛奶"), ("water", "水")],
    ("birds", "鸟"): [("owl", "猫头鹰"), ("duck", "鸭子"), ("swan", "天鹅")],
    ("tools", "工具"): [("hammer", "锤子"), ("saw", "锯子"), ("knife", "刀")],
    ("countries", "国家"): [("France", "法国"), ("China", "中国"), ("Japan", "日本")],
    ("flowers", "花"): [("rose", "玫瑰"), ("lily", "百合"), ("tulip", "郁金香")],
    ("instruments", "乐器"): [("piano", "钢琴"), ("violin", "小提琴"), ("drum", "鼓")],
    ("sports", "运动"): [("running", "跑步"), ("swimming", "游泳"), ("football", "足球")],
    ("jobs", "职业"): [("teacher", "老师"), ("doctor", "医生"), ("cook", "厨师")],
    ("vehicles", "交通工具"): [("car", "汽车"), ("train", "火车"), ("boat", "船")],
    ("programming languages", "编程语言"): [("Swift", "Swift"), ("Python", "Python"), ("C", "C")],
}
# What the model is too small for: made from a form and a topic.
TOPICS = [
    ("quantum physics", "量子物理"), ("the stock market", "股票市场"), ("black holes", "黑洞"), ("the law", "法律"),
    ("world history", "世界历史"), ("chess openings", "象棋开局"), ("machine learning", "机器学习"), ("gene therapy", "基因治疗"),
    ("the economy", "经济"), ("philosophy", "哲学"), ("deep sea life", "深海生物"), ("volcanoes", "火山"), ("ancient Rome", "古罗马"),
    ("vaccines", "疫苗"), ("climate change", "气候变化"), ("democracy", "民主"), ("opera", "歌剧"), ("poetry", "诗歌"),
    ("tax rules", "税法"), ("space travel", "太空旅行"), ("cryptography", "密码学"), ("dreams", "梦"), ("rocket engines", "火箭发动机"),
    ("modern art", "现代艺术"), ("wine", "葡萄酒"), ("medicine", "医学"), ("trains in Europe", "欧洲的火车"), ("dinosaurs", "恐龙"),
    ("compilers", "编译器"), ("the ocean", "海洋"), ("robots", "机器人"), ("music theory", "乐理"), ("gardening", "园艺"),
    ("the internet", "互联网"), ("electric cars", "电动汽车"), ("mountains", "高山"), ("politics", "政治"), ("architecture", "建筑"),
]
