//! Chinese calls.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use lingting::domain::Party;
use pinyin::ToPinyin;

use super::{Dice, Line, Scene};

const SURNAMES: &str = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤";
const GIVEN: &str = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰红建国志文斌海燕晓东波宁晨曦雨欣梓轩浩然子涵思远佳怡俊凯雪梅春生云鹏飞鸿翔博睿哲瀚宇航嘉铭诗琪若彤一诺可馨沐阳承恩安琳菲婷倩颖蕾薇瑶岚慧莹洁冰心月瑞泽润康健福禄祥庆荣昌盛旺";
const PLACES: [&str; 40] = [
    "朝阳区",
    "海淀区",
    "浦东新区",
    "天河区",
    "福田区",
    "武侯区",
    "江宁区",
    "西湖区",
    "洪山区",
    "雁塔区",
    "历下区",
    "南山区",
    "番禺区",
    "余杭区",
    "高新区",
    "开发区",
    "滨江区",
    "渝北区",
    "鼓楼区",
    "思明区",
    "青秀区",
    "五华区",
    "岳麓区",
    "瑶海区",
    "金水区",
    "裕华区",
    "小店区",
    "和平区",
    "南关区",
    "道里区",
    "解放路",
    "人民路",
    "建设大道",
    "中山北路",
    "长江路",
    "黄河路",
    "科技园",
    "大学城",
    "火车站",
    "体育中心",
];
const GOODS: [&str; 64] = [
    "电饭煲",
    "洗衣机",
    "空调",
    "热水器",
    "扫地机器人",
    "羽绒服",
    "运动鞋",
    "手机壳",
    "笔记本电脑",
    "路由器",
    "车厘子",
    "大闸蟹",
    "婴儿奶粉",
    "纸尿裤",
    "书桌",
    "沙发",
    "床垫",
    "吊灯",
    "水龙头",
    "净水器",
    "微波炉",
    "破壁机",
    "豆浆机",
    "电动牙刷",
    "剃须刀",
    "面霜",
    "口红",
    "防晒霜",
    "保温杯",
    "行李箱",
    "双肩包",
    "自行车",
    "电动车",
    "轮胎",
    "机油",
    "行车记录仪",
    "宽带",
    "流量套餐",
    "会员卡",
    "信用卡",
    "贷款",
    "理财产品",
    "保险单",
    "机票",
    "酒店",
    "门票",
    "体检套餐",
    "挂号单",
    "物业费",
    "停车位",
    "门禁卡",
    "电梯",
    "水管",
    "燃气表",
    "快递柜",
    "发票",
    "优惠券",
    "积分",
    "礼品卡",
    "课程",
    "教材",
    "耳机",
    "键盘",
    "投影仪",
];
const WHEN: [&str; 40] = [
    "昨天",
    "前天",
    "上个星期",
    "上周三",
    "这个月初",
    "半个月前",
    "双十一那天",
    "今天早上",
    "刚才",
    "三天前",
    "周末",
    "国庆节",
    "上个月",
    "去年年底",
    "中午十二点多",
    "晚上八点左右",
    "下午三点半",
    "一大早",
    "好几天了",
    "从周一开始",
    "前两天",
    "大前天",
    "月底",
    "六月份",
    "端午节前",
    "过年那会儿",
    "昨儿个",
    "上礼拜天",
    "十五号",
    "二十八号",
    "五月一号",
    "刚刚",
    "一个小时之前",
    "凌晨",
    "傍晚",
    "这两周",
    "头一回",
    "第二次",
    "最近",
    "那天",
];
const WENT_WRONG: [&str; 64] = [
    "一直没有收到",
    "坏了",
    "打不开",
    "漏水",
    "少了一个配件",
    "颜色发错了",
    "尺寸不对",
    "被别人签收了",
    "物流一直不更新",
    "充不进去电",
    "屏幕碎了",
    "噪音特别大",
    "退款还没到账",
    "多扣了我一笔钱",
    "显示已经取消",
    "地址写错了",
    "没有开发票",
    "优惠没有给我减",
    "用了两天就不转了",
    "有股怪味",
    "过期了",
    "包装都压扁了",
    "客服让我等",
    "上门的师傅没来",
    "约好的时间又改了",
    "预约不上",
    "一登录就报错",
    "验证码收不到",
    "绑定不了",
    "一直在排队",
    "账单对不上",
    "信号特别差",
    "网速慢得不行",
    "经常断线",
    "号码被停机了",
    "套餐莫名其妙变了",
    "莫名其妙开通了业务",
    "灯不亮",
    "门关不严",
    "遥控器没反应",
    "说明书看不懂",
    "安装费和说的不一样",
    "保修卡找不着了",
    "换了一个还是这样",
    "维修了三次都没修好",
    "按键失灵",
    "一直闪红灯",
    "温度上不去",
    "结冰了",
    "掉色",
    "开线了",
    "起球",
    "码数偏小",
    "跟图片上不一样",
    "里面是空的",
    "缺斤少两",
    "不新鲜",
    "化了",
    "洒了一半",
    "划了一道",
    "凹进去一块",
    "被雨淋湿了",
    "单号查不到",
    "一直显示待揽收",
];
const REQUEST: [&str; 32] = [
    "帮我查一下",
    "给我换一个新的",
    "把钱退给我",
    "能不能加急",
    "什么时候能处理好",
    "我想改一下地址",
    "帮我取消掉吧",
    "麻烦给个说法",
    "你看怎么办",
    "能不能派人上门",
    "我就想问问怎么弄",
    "给我开张发票",
    "帮我转到专门的部门",
    "我要跟你们领导说",
    "你们给我补发吧",
    "能不能便宜一点",
    "要不要收费",
    "需要我提供什么",
    "怎么操作呀",
    "再帮我看看",
    "有没有别的办法",
    "这个算谁的责任",
    "我能不能不要了",
    "运费谁出",
    "多久能到",
    "能不能送货上门",
    "可以开通吗",
    "帮我把这个业务停掉",
    "给我记一下",
    "尽快给我回复",
    "给个准信儿",
    "帮我催一催",
];
const FEELING: [&str; 32] = [
    "真是急死我了",
    "我都等了好久了",
    "你们这个服务也太慢了",
    "我也不是故意为难你",
    "每次打电话都这样",
    "上次那个人不是这么说的",
    "我挺着急的",
    "家里老人等着用",
    "孩子还小",
    "我白天要上班",
    "我专门请了假在家等",
    "一点都不方便",
    "我觉得不太合理",
    "花了这么多钱",
    "我是老客户了",
    "说实话挺失望的",
    "朋友推荐我买的",
    "别家早就送到了",
    "我都打了三遍电话了",
    "不行我就投诉",
    "到时候差评啊",
    "没关系你慢慢查",
    "辛苦你了",
    "我也理解你们忙",
    "那好吧",
    "这次就算了",
    "下次再这样可不行",
    "其实别的都挺好",
    "用着还不错",
    "就是有点小问题",
    "我不太懂这个",
    "你说得太快了",
];
const FILLERS: [&str; 20] = [
    "嗯",
    "那个",
    "就是",
    "然后",
    "这个",
    "呃",
    "啊",
    "就是说",
    "对",
    "其实",
    "反正",
    "怎么说呢",
    "我跟你讲",
    "你听我说",
    "是这样的",
    "那什么",
    "好像",
    "大概",
    "可能",
    "应该",
];
const SHORT: [&str; 20] = [
    "嗯。",
    "好的。",
    "对。",
    "是的。",
    "可以。",
    "行。",
    "哦，明白了。",
    "没有了。",
    "好，谢谢。",
    "嗯，你说。",
    "不是。",
    "等一下啊。",
    "喂？",
    "听得到吗？",
    "哎，对。",
    "哦哦。",
    "知道了。",
    "稍等，我找一下。",
    "对对对。",
    "没问题。",
];
const CHECK: [&str; 16] = [
    "我这边看到您的订单是{when}下的，收货地址在{place}，对吗",
    "系统显示{goods}已经在{when}发出",
    "我帮您核实一下，您是{name}本人吗",
    "麻烦您提供一下预留的手机号码",
    "这边跟您核对一下，尾号是{d4}，对吧",
    "我看到有一笔{amount}元的记录",
    "您的工单编号是{d8}，请您记一下",
    "我马上为您查询{goods}的情况",
    "为您登记的联系人是{name}，电话是199{d8}",
    "这个问题我需要跟{place}的网点确认",
    "目前{goods}的库存还有{n}件",
    "我给您申请了{n}元的补偿",
    "这边已经帮您备注加急了",
    "技术人员会在{n}小时之内联系您",
    "您可以在手机上点开我的订单，再选择申请售后",
    "请您把{goods}的照片发到我们的公众号上",
];
const SOOTHE: [&str; 14] = [
    "非常抱歉给您带来不便",
    "不好意思让您久等了",
    "您的心情我非常理解",
    "请您放心",
    "感谢您的耐心等待",
    "我一定帮您跟进到底",
    "谢谢您的配合",
    "您先别着急",
    "给您添麻烦了",
    "我再帮您确认一遍",
    "请您稍等一下，不要挂机",
    "感谢您的理解",
    "您反映的情况我已经记录下来了",
    "我向您保证会跟进",
];
const BAD: [&str; 12] = [
    "这个我也不知道",
    "您自己看着办吧",
    "这不归我管",
    "我没办法",
    "你爱投诉就投诉",
    "跟你说了多少遍了",
    "你到底听没听懂",
    "规定就是这样",
    "你找别人去吧",
    "保证百分之百赚钱",
    "绝对没有风险",
    "把验证码告诉我就行",
];
const COMPANY_HEAD: [&str; 24] = [
    "星河", "云帆", "青禾", "小鹿", "远景", "长风", "锦绣", "安心", "万家", "东湖", "金桥", "绿洲",
    "海纳", "天成", "恒信", "新城", "佳音", "瑞丰", "通达", "启明", "和美", "众安", "鼎盛", "华阳",
];
const COMPANY_TAIL: [&str; 12] = [
    "商城", "优选", "电信", "银行", "生鲜", "物业", "医院", "保险", "家电", "教育", "出行", "证券",
];

pub(super) fn client(dice: &mut Dice) -> String {
    format!("{}{}", dice.pick(&COMPANY_HEAD), dice.pick(&COMPANY_TAIL))
}

fn letter(list: &str, dice: &mut Dice) -> char {
    let count = list.chars().count();
    list.chars().nth(dice.below(count)).unwrap()
}

fn name(dice: &mut Dice) -> String {
    let mut out = String::from(letter(SURNAMES, dice));
    for _ in 0..1 + dice.below(2) {
        out.push(letter(GIVEN, dice));
    }
    out
}

fn filled(template: &str, dice: &mut Dice) -> String {
    let mut out = template.to_owned();
    while let Some(start) = out.find('{') {
        let end = start + out[start..].find('}').unwrap() + 1;
        let value = match &out[start..end] {
            "{when}" => dice.pick(&WHEN).to_owned(),
            "{place}" => dice.pick(&PLACES).to_owned(),
            "{goods}" => dice.pick(&GOODS).to_owned(),
            "{name}" => name(dice),
            "{amount}" => format!("{}.{}", 1 + dice.below(9000), dice.digits(2)),
            "{n}" => (1 + dice.below(72)).to_string(),
            "{d4}" => dice.digits(4),
            "{d8}" => dice.digits(8),
            other => panic!("{other}"),
        };
        out.replace_range(start..end, &value);
    }
    out
}

fn story(dice: &mut Dice) -> String {
    let (when, goods, wrong) = (dice.pick(&WHEN), dice.pick(&GOODS), dice.pick(&WENT_WRONG));
    match dice.below(9) {
        0 => format!("我{when}买的{goods}{wrong}"),
        1 => format!("{}{when}在{}那边，{goods}{wrong}", dice.pick(&FILLERS), dice.pick(&PLACES)),
        2 => format!("{goods}{when}就{wrong}，{}", dice.pick(&FEELING)),
        3 => format!("我姓{}，{when}订的{goods}", letter(SURNAMES, dice)),
        4 => format!("{}，{}，{}", dice.pick(&FEELING), dice.pick(&FILLERS), dice.pick(&REQUEST)),
        5 => format!("我的手机号是199{}", dice.digits(8)),
        6 => format!("订单号是{}，{}", dice.digits(10), dice.pick(&REQUEST)),
        7 => format!(
            "{}花了{}块钱，{wrong}，{}",
            dice.pick(&FILLERS),
            9 + dice.below(8000),
            dice.pick(&REQUEST)
        ),
        _ => format!("{}{}，{}", dice.pick(&FILLERS), wrong, dice.pick(&REQUEST)),
    }
}

fn customer(dice: &mut Dice) -> String {
    if dice.chance(18) {
        return dice.pick(&SHORT).to_owned();
    }
    let mut out = story(dice);
    if dice.chance(12) {
        out += "，";
        out += &story(dice);
    }
    out + if dice.chance(30) { "？" } else { "。" }
}

fn agent(dice: &mut Dice) -> String {
    if dice.chance(8) {
        return dice.pick(&SHORT).to_owned();
    }
    let mut parts = Vec::new();
    if dice.chance(20) {
        parts.push(dice.pick(&SOOTHE).to_owned());
    }
    parts.push(filled(dice.pick(&CHECK), dice));
    if dice.chance(12) {
        parts.push(format!("关于{}{}的问题", name(dice), dice.pick(&GOODS)));
    }
    if dice.chance(1) {
        parts.push(dice.pick(&BAD).to_owned());
    }
    parts.join("，") + if dice.chance(25) { "？" } else { "。" }
}

fn greeting(scene: &Scene, dice: &mut Dice) -> String {
    let (client, number) = (&scene.client, dice.digits(4));
    match (scene.outbound, dice.below(4)) {
        (true, 0) => format!("您好，我是{client}的客服，工号{number}，请问是{}吗？", name(dice)),
        (true, 1) => format!("您好，这里是{client}，给您来电是想做一个回访，您现在方便吗？"),
        (true, _) => {
            format!("喂，您好，{client}这边有个{}的活动想跟您介绍一下。", dice.pick(&GOODS))
        }
        (false, 0) => format!("您好，{client}客服中心，工号{number}，请问有什么可以帮您？"),
        (false, 1) => format!("您好，欢迎致电{client}，工号{number}很高兴为您服务，请讲。"),
        (false, 2) => format!("喂，{client}，什么事？"),
        (false, _) => format!("上午好，这里是{client}售后，我是{number}号，请问您需要什么帮助？"),
    }
}

fn farewell(scene: &Scene, dice: &mut Dice) -> String {
    match dice.below(4) {
        0 => "请问还有其他可以帮您的吗？感谢您的来电，祝您生活愉快，再见。".to_owned(),
        1 => format!("那好的，感谢您致电{}，{}先生再见。", scene.client, letter(SURNAMES, dice)),
        2 => "好，那先这样，拜拜。".to_owned(),
        _ => format!("稍后请您对我的服务做个评价，{}，祝您愉快。", dice.pick(&SOOTHE)),
    }
}

/// Characters that sound the same, for hearing wrong.
fn alike() -> &'static BTreeMap<char, Vec<char>> {
    static ALIKE: OnceLock<BTreeMap<char, Vec<char>>> = OnceLock::new();
    ALIKE.get_or_init(|| {
        let lists = [&PLACES[..], &GOODS, &WHEN, &WENT_WRONG, &REQUEST, &FEELING, &CHECK, &SOOTHE];
        let all: String = lists.concat().concat() + SURNAMES + GIVEN;
        let mut by_sound: BTreeMap<&str, Vec<char>> = BTreeMap::new();
        for c in all.chars() {
            if let Some(sound) = c.to_pinyin() {
                let known = by_sound.entry(sound.plain()).or_default();
                if !known.contains(&c) {
                    known.push(c);
                }
            }
        }
        let mut out = BTreeMap::new();
        for group in by_sound.values().filter(|group| group.len() > 1) {
            for &c in group {
                out.insert(c, group.iter().copied().filter(|&other| other != c).collect());
            }
        }
        out
    })
}

/// One character in thirty is heard as another that sounds the same.
fn misheard(text: String, dice: &mut Dice) -> String {
    let hear = |c: char| match alike().get(&c) {
        Some(others) if dice.below(30) == 0 => others[dice.below(others.len())],
        _ => c,
    };
    text.chars().map(hear).collect()
}

pub(super) fn lines(scene: &Scene, dice: &mut Dice) -> Vec<Line> {
    let mut out = Vec::with_capacity(scene.utterances);
    let mut party = Party::Agent;
    for ix in 0..scene.utterances {
        let text = match (ix, party) {
            (0, _) => greeting(scene, dice),
            _ if ix + 1 == scene.utterances => {
                party = Party::Agent;
                farewell(scene, dice)
            }
            (_, Party::Agent) => agent(dice),
            _ => customer(dice),
        };
        let pause_ms = match dice.below(60) {
            0 => 9_000 + dice.below(9_000),
            1..8 => 2_000 + dice.below(1_500),
            _ => 250 + dice.below(900),
        };
        out.push(Line { party, text: misheard(text, dice), pause_ms: pause_ms as u64 });
        // One in five goes on after a breath.
        if !dice.chance(20) {
            party = if party == Party::Agent { Party::Customer } else { Party::Agent };
        }
    }
    out
}
