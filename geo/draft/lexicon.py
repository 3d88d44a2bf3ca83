"""Words of the language and of the genre that the rules of a draft go by, each table with what it is for.

A rule that fits one report fits one report: what stands here is how Chinese reports are written, and names nobody and no place.
"""

from __future__ import annotations

import re

from geo.tables.kinds import Kind


def words_of(words: str) -> frozenset[str]:
    """Give the words of a table."""
    return frozenset(words.split())


def any_of(words: str) -> str:
    """Write a pattern of words that are separated by spaces, longest first."""
    return "(?:" + "|".join(sorted(map(re.escape, words.split()), key=len, reverse=True)) + ")"


# --- what is counted or measured ----------------------------------------------------------------------------------------------------------

# Said of a region or a zone as a whole, never of one project or company: after a child has spoken, such an indicator is the host's again.
MACRO = any_of(
    "地区生产总值 生产总值 GDP 经济总量 财政总收入 财政收入 公共预算 税收收入 固定资产投资 工业投资 "
    "制造业投资 民间投资 基础设施投资 社会消费品 零售总额 居民 人均 常住人口 户籍 城镇化 "
    "进出口 出口总额 外贸 外资 规上 规模以上 限额以上 市场主体 经营主体 粮食 用电量 游客 旅游 第一产业 "
    "第二产业 第三产业 工业增加值 服务业增加值 存款 贷款 全社会 高新技术企业 "
    "上市公司 工业总产值 技工贸 亿元以上项目 新增 新引进 签约项目 开工项目 招引 招商 “四上” 孵化器 就业人口 空气 森林"
)
# Said of a project or a building.
OF_PROJECT = any_of(
    "总投资 投资额 占地 用地 总用地 建筑面积 达产 年产 产能 床位 建成后 投产后 总占地 一期 二期 三期 就业岗位 "
    "生产线 总建筑 年产值 年税收 年销售收入 年缴税 利税 厂房 总装机 装机 库容 "
    "年加工 年处理 年发电 拟建 建设规模 带动就业 吸纳就业 计划投资 直径"
)
# Said of a company.
OF_COMPANY = any_of("净利润 订单 研发投入 员工 营收 研发团队 股东 市值 出货量 市占率 专利 研发人员 销售额")
# An amount that stays as it is: no period of an earlier sentence carries over to it.
LASTING = any_of(
    "占地 用地 总投资 投资 建筑面积 面积 床位 直径 规划面积 岸线 库容 装机 产能 年产 能力 注册资本 生产线 厂房 出租率 厂区 年加工 年处理 年发电"
)
# Behind one of these it is what was added in a time: 新建标准厂房20万平方米.
FLOWS = re.compile("(?<!年)新建|新增|新开工|扩区|新改建|改扩建|新供|出让")

# --- plan and fact ------------------------------------------------------------------------------------------------------------------------

# A word that makes what follows it in the sentence intended.
PLANS = re.compile(
    r"力争|推进(?!方面|情况|顺利|有力|有序|会)|(?<=[\u4e00-\u9fff])(?<![主重需首必次纲摘概将只简还若])要(?![求素点件是么闻道害领塞地人]|看到|清醒|认识|承认|正视|说明|指出)|计划(?!单列|总投资|投资|的|\d|任务|执行)|(?<!初步)预计|"
    r"预期|拟|目标(?!的?$|的\d|任务的)|规划(?!面积|范围|总面积|区域|控制|局)|确保|争取|努力|将(?!近)|有望|冲刺|达产|投产后|建成后|"
    r"完工后|建成投(?:产|用)后|全部投产|全部建成|奋力|谋划|设计(?:产能|年产)|(?<![加高升长降少年])到20[2-9]\d年|未来(?:[一二三四五六七八九十\d]+年|几年)|"
    r"(?:^|[，。,；;])到?明年|今后|打算|提出要|要实现|实现.{0,10}目标|承诺|设计(?:能力|吞吐|床位|停车|容量)|"
    r"aims? to|will |plans? to|planned|expect(?:s|ed)? |scheduled|projected|forecast|is set to|target"
)
# A word that makes what follows it a fact again.
FACTS = re.compile(
    r"已(?!经?规划)|完成(?!后)|实现(?!.{0,12}目标)|累计|(?<!项)目前|截至|截止|同比|比上年|(?<![由从])现有|去年|昨年|新增|"
    r"建成(?!后|投产后|投用后)|封顶|落成|达到?了|突破了|近日|日前|过去|上年|连续|今年以来|集聚|拥有|reported|"
    r"rose|attracted|reached|signed|totall?ed"
)
# Said of a time that is over these are no plan, but how well a figure is known.
ESTIMATE = re.compile(r"(?:预计|预期)$")
# What is signed is not yet spent.
SIGNED = re.compile(r"签约(?!率)|签订|签署|洽谈|意向|协议")
# Said of a project behind its investment: it is not built yet.
INTENDED = re.compile(
    r"建成后将|^[^。；;]{0,20}[，,](?:目前)?正?在建(?=[，,。；;])|拟建|将(?:建|打造|成为|于)|计划(?:建设|用地|于|20|[^，,。]{0,8}(?:开工|动工|完工|建成|竣工|投产|投用))|预计[^，,。]{0,10}(?:完工|建成|竣工|投产|开工|投用)"
)
# In a part that tells intentions 完成 and 实现 are goals, and only these tell what has come true.
DONE = re.compile(r"已(?!经?规划)|累计|(?<!项)目前|截至|(?<![由从])现有|去年|昨年|上年|同比|封顶|落成|近日|日前|过去|今年以来|was |were ")
# A heading of a part that tells intentions, or facts.
PLAN_HEADINGS = re.compile(
    r"目标|工作安排|工作打算|重点工作|重点工程|主要任务|下一步|规划|计划|今年工作|工作思路|空间布局|行动方案|"
    r"展望|重大项目清单|新建项目|拟建|储备项目"
)
FACT_HEADINGS = re.compile(r"回顾|发展基础|基本情况|现状|成就|成效|运行情况|统计公报|主要经济指标|考核|成绩单|简介|续建|已建|概况")
# A notice of this kind, by its title, tells of what is to be built.
TENDERS = re.compile(r"招标|投标|采购公告|可行性研究|环境影响|环评|核准|备案|选址|批前公示")
# After these a project is run: its amounts are said of the time after completion.
AFTER_COMPLETION = re.compile(
    r"(?:全部|全面|项目|全)?(?:达产|投产|建成|投运|投用|竣工|运营|建成投产|建成达产|投产达效|建成投用|完工|"
    r"满产|达效)(?:投产|达产|投用)?(?:后|时)|(?:全面|全部)(?:达产|投产)|once completed|upon completion"
)

# Behind one of these the time of a number hangs on what was told before, unless it is only what a growth is measured by.
REFERRING = re.compile(r"(?<![比较])上年|(?<![比较]去年)(?<![比较]上年)同期|年[底末]|以来|当月|累计|规划期")

# --- growth, rank, share ------------------------------------------------------------------------------------------------------------------

GROWS = re.compile(
    r"(?:同比|环比|年均|分别|均|各|累计|实际|名义|又|比上年同期|比上年|较上年|较去年同期|比去年同期|按可比口径|可比价|实现)*"
    r"(?:同比(?=[:：约近（(]?$)|增长率|增长|增速|增幅|上升|提高|提升|增加|增|升|↑|上涨|下降|降低|减少|减产|增产|回落|下滑|降幅|降|减|"
    r"↓|翻|负增长|下跌|涨幅|上扬|\+|up|rose|grew|increased|surged|climbed|jumped|expanded|down|fell|dropped|declined|decreased|increase of|growth of)"
    r"(?:了|约|近|只有|仅有|仅|还|超过|超|达到|达|为|逾|至|均|各|幅|by|about|around|nearly|的?(?:预期)?目标(?:设?定|确定)?为?|[:：（(]|\s)*$"
)
# A rate that is a level of its own and no growth.
RATES = re.compile(
    r"(?:占比?|比重|率|占[^，,。；;]{1,24}的|份额|比例|强度|达标|完成|覆盖|贡献|毛利)(?:为|达到|达|约|近|超过|"
    r"超|在|的|：|:|不低于|保持在|稳定在|提升至|提高到|[（(]|\s)*$"
)
RANKS = re.compile(
    r"(?P<how>(?:分别|均|总量|增速|增幅|增量|综合|继续|稳|跃|高|位|和|、|都|皆|双双|连续[一二三四五六七八九十\d]+年)*"
    r"(?:位居|位列|排名|排在|居于|名列|跃居|跃升至?|稳居|列|居|位|排|占据|蝉联|夺得|荣获|跻身|排位|ranked|ranks|高居|保持|取得|领跑|领先))"
)
# What a rank is among.
SCOPES = re.compile(
    r"(?:(?:全国|全省|全市|全县|全区|全球|世界|国内|省内|市内|长三角|珠三角|中西部|中部|西部|东部|同类|"
    r"[\u4e00-\u9fff]{2,8}?(?:省|市|区|县|州))[\u4e00-\u9fff]{0,12}?)(?=$)"
)
# A comparison: what stands behind one of these is a measure for something, and not what the sentence is about.
COMPARED = re.compile(
    r"(?:高于|低于|高出|快于|好于|优于|超过|超越|占|比|较|与|同|居|列|位居|位列|相当于|领跑|领先|达到|在|跃居|"
    r"稳居|排名|排|对|为|以及|及|、)(?:了)?(?:去年|上年)?$"
)
BEHIND_COMPARED = re.compile(
    r"(?:平均|第|首|前列|前茅|比重|的?\d|唯一|最|同类|各|上下|人民|领先|高新区第|开发区第|高新区首|之首|榜首|"
    r"的?比重|比例|总量的|总数的|水平|范围内|率先|重点)"
)

# --- places -------------------------------------------------------------------------------------------------------------------------------

# By how a name ends: what kind of place it is. Looked up longest first.
KINDS: dict[str, Kind] = {
    word: kind
    for kind, words in {
        Kind.PLATFORM: (
            "经济技术开发区 高新技术产业开发区 经济开发区 高新技术开发区 高新技术产业园区 开发区 经开区 高新区 新区 "
            "保税区 自贸区 科技城 科学城 智慧城 新城 经济区 示范区 集聚区 试验区 "
            "先导区 高新城 创新区 产业城 度假区 港区 国际陆港 航空港 临空区 "
            "高铁新城 大走廊 创新港 综保区 综合保税区 先行区 协作区 工业区 加工区 集中区"
        ),
        Kind.COOPERATION_ZONE: "特别合作区 特别合作园 合作区 合作园 飞地园区 飞地",
        Kind.PARK: (
            "工业园区 产业园区 工业园 产业园 科技园 物流园 文创园 软件园 创业园 创新园 化工园 材料园 装备园 园区 "
            "加工园 食品园 生态园 科创园 电商园 大数据园 智造园 智谷园 孵化园 医药园 "
            "循环园 制造园 港城 物流港 片区 创意园 信息港 生物港 科技港 数字港 智慧港 医药港 软件港 云谷园 汽车城 "
            "生物城 软件城 光电城 医药城 健康园 汽车园 光伏园 新能源园 智能园 数据园 科学园 航空园 产业社区"
        ),
        Kind.TOWN: "特色小镇 小镇",
        Kind.VALLEY: "智造谷 科学谷 科创谷 硅谷 药谷 云谷 光谷 智谷 数谷 视谷 谷",
        Kind.FACILITY: (
            "创新中心 研究中心 科创中心 物流中心 数据中心 算力中心 会展中心 服务中心 研发中心 中心 实验室 研究院 "
            "加速器 孵化器 中试平台 公共服务平台 平台 枢纽 综合体 医院 "
            "院区 码头 电站 水库 机场 大厦 大桥 车站 学校 大学 总部基地 总部 基地 工厂 厂区 展厅 物流枢纽 冷链物流港"
        ),
        Kind.PROJECT: "项目 工程 一期 二期 三期 四期",
        Kind.DISTRICT: "区 县 镇 街道 乡 自治县 旗",
        Kind.CITY: "市 自治州",
    }.items()
    for word in words.split()
}
# How the name of a company ends; none of them is a place unless the report treats it as a site.
COMPANY_ENDS = any_of(
    "集团 股份 公司 有限公司 科技 生物 能源 电子 医药 光电 制药 重工 机械 汽车 轴承 机器人 新材 新材料 半导体 "
    "微电子 智能 化工 食品 纺织 药业 实业 控股 环保 通信 航空 装备 精密 精工 动力 "
    "钢铁 铝业 矿业 油脂 水泥 银行 证券 网络 软件 信息 物流 电气 电器 股份有限公司 制造"
)
# Not the beginning of a name: verbs, and words that go before every name of a list.
NOT_LEADING = words_of(
    """
    请 介绍 一下 抓好 做好 搞好 管好 用好 推进 加快 支持 打造 建设 投资 位于 坐落 签约 来到 走进 聚焦 围绕 依托 推动 实施 引进 引入 培育 重点
    重大 新建 续建 在建 拟建 开工 竣工 落户 落地 成立 设立 启动 包括 其中 涵盖 以及 本次 位 是 为 由 从
    向 在 与 和 及 等 据 对 把 将 以 到 全部 一批 首个 首批 的 了 着 年 月 日 作为 成为 布局 谋划
    拥有 集聚 全国 全省 全市 全县 全区 国家级 省级 市级 总投资 计划 一座 一个 多个 各 各类 有关 举行 举办
    承办 通过 完成 实现 助力 服务 面向 辐射 带动 深化 强化 优化 提升 加强 参观 考察 记者 走访 主要 规划
    现有 目前 该 这 那 我 本 全年 今年 去年 上半年 下半年 上年 明年 近日 日前 当天 会场 主会场 入驻 布点
    离 距 有 争创 创建 申报 获批 认定 继续 着力 全力 扎实 统筹 协同 联合 合作 不远 同时 此外 还 也 又 并
    已 过去 一年 年度 季度 一季度 二季度 三季度 四季度 高质量 扩建 改造 改扩建 建成 投产 投用 新增 综合 主动
    先后 相继 正在 加大 投入 集中 高标准 高水平 初步核算 经 按 较 比 占 其
    力争 确保 争取 以上 以下 以内 暨 包含 包括 共有 共 每 次 为期 称 名为 所在 位列
    居 列入 纳入 属于 等地 合计 累计 分 含 余 另 另有 涉及 用于 依据 根据 随着 围着
    """
)
# A word before a suffix that makes it a sort of places and no name.
COMMON = words_of(
    """
    募投 同类 同类型 产业 重点 重大 亿元 以上 以下 新 签约 开工 基础设施 民生 智能 制造 智能制造 先进制造 先进 新能源 新材料
    工业 服务业 农业 科技 创新 高新 研发 技术 生产 标准 公共 服务 综合 招商 投资 建设 示范 国家 省级 市级
    国家级 县级 百亿 千亿 超 过 类 个 各 化 型 级 城市 城 新型 现代 特色 龙头 领军 外资 内资 工商 合作
    平台 企业 数字 数字化 改造 技改 储备 前期 在建 续建 竣工 投产 达产 储能 光伏 风电 文化 旅游 文旅 教育
    医疗 卫生 交通 水利 能源 环保 生态 配套 主导 支柱 战略 新兴 未来 传统 优势 人才 孵化 创业 众创 加速
    检测 检验 数据 信息 物流 仓储 会展 商务 金融 总部 研究 试验 实验 院士 博士后 重 大 小 中 高 低 全 老
    旧 乡镇 街道 社区 乡村 村 居民 户籍 行政 功能 核心 拓展 辐射 联动 主 副 城镇 市 县 区 省 州 本地
    外地 周边 毗邻 汽车 零部件 装备 医药 生物 半导体 芯片 集成电路 电子 电子信息 软件 机器人 航空 航天 领域
    方面 机构 载体 空间 市场 品牌 大型 小型 中小 民间 社会 公益 惠民 补链 强链 延链 代表 典型 标志性 牵引性
    应用 场景 完善 系统 体系 系统性 高能级 能级 超大型 海洋 化工 石化 纺织 食品 农产品 加工 冷链 出口 进口
    贸易 跨境 电商 保税 省 首 批 条 十大 世界级 石化
    高科技 新开工
    事业 支撑性 支撑 优质 公有 物业 租售 招商引资 引资 试点 标准化 规范化 高端 精品 系列 产品 设备 设施 厂房 大楼 智能化 自动化 绿色 低碳
    循环 节能 一体化 现代化 专业 专业化 国际
    国内 区域 区域性 全球 世界 中国 全国 地方 政府 国有 民营 上市 规上 规模 规模以上 优秀 先进 主要 关键 核心 共性 基础 民用 工业化 新城
    主题 主体 单体 群 带 圈 层 链 产业链 供应链
    """
)
# A place behind one of these tells where something is, and not what is spoken of.
LOCATING = re.compile(r"(?:位于|坐落于|坐落在|落户在?|落户于|地处|毗邻|紧邻|距|距离|离|设在|设于|落地|入驻|布局在?|选址|迁至|迁入|在|由)$")
# What comes to a place: the place behind it is the one whose count this is.
COMES_TO = re.compile(r"(?:落户|入驻|落地|进驻|落子|签约落户|花落|汇聚|云集|集聚)(?:于|到|在)?$")
# An object of these is what the sentence wants to become or to raise, and seldom what its figures are about.
MAKING = re.compile(r"(?:打造|争创|助力|服务|建成|成为|创建|构建|形成|叫响|擦亮|入选|获评|作为)[“\"]?$")
